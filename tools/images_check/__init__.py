"""Check of images against the contract of each: what the program needs of the image of a setting `images.<key>`."""
