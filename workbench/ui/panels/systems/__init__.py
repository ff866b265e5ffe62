"""Systems that are attached: what is there, how they stand, and a dialog to attach one."""
