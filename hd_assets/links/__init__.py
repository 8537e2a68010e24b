"""Links into the old system: found in bodies, followed to what stands for them now, told to people."""
