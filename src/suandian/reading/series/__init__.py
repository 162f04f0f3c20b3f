"""Series from files and plug-ins, on the axis of a study."""
