"""The bench: figures of the product against what they are measured by, on both databases."""
