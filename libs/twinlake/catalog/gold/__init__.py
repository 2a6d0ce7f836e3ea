"""Facts and features that analysts and models read."""
