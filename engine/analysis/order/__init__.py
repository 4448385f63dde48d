"""What comes before what in every run, in which order locks are taken, and the deadlocks that follow from both."""
