#ifndef PHUSA_CSYSTEM_H
#define PHUSA_CSYSTEM_H

// syncfs(2), which Swift's Glibc module does not show: makes everything written to the file system of `descriptor`
// durable. Returns 0, or -1 with errno.
int phusa_syncfs(int descriptor);

#endif
