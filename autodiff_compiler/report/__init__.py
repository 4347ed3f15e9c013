"""What a derivative costs: operations counted, and memory kept."""
