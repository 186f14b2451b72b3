"""What must hold when things go wrong: processes killed, frames lost and repeated, the card API away."""
