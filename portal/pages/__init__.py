"""What any page is made of."""
