"""Forms of the staff pages, one module for each part of the method."""
