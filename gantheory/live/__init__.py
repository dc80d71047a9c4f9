"""Controls and moving pictures for notebooks: the stage, the controls, the live figure and the trainer."""
