"""Hospital networks of invented patients: Synthea's records dealt to silos with their own habits and faults."""
