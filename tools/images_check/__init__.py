"""Check of images against the contract of each: what the program needs of an image that a setting `images.<key>` names."""
