#define _GNU_SOURCE
#include "CSystem.h"

#include <unistd.h>

int phusa_syncfs(int descriptor) { return syncfs(descriptor); }
