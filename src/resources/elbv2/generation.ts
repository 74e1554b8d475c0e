/**
 * Tells the target groups of a load balancer that replaces another from those of its predecessor: AWS lets a target group
 * belong to one load balancer only, so each of the two has its own while both live. Absent on what replaced nothing.
 */
export const generationTag = "fairlead.io/generation";
