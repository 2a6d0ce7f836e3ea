"""Systems: each file is one way of exporting, its feeds and how they implement silver."""
