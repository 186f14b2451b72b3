"""What earlier joint orders teach: the rulings nearest to a dispute, and what is still open at a place (§7.6)."""
