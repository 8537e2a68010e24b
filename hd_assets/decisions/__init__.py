"""What people decide about records that cannot migrate as they are: written down, honoured, told again."""
