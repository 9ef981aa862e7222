"""Importing tables: read a file, plan what it would change, show it, and only then change it.

``reading`` turns a file into rows of text, ``cells`` one text into a value, ``kinds`` says which tables there are,
``planning`` compares rows with the directory, ``templates`` writes the empty tables to fill in.
"""
