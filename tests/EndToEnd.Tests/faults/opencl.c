// Stands before the OpenCL library and hands every call on to it, until the device is to fail: while the file FAILING is
// there no wait ends well, as with a device that was lost under what it had been given; while GONE is there no platform
// has a device.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OUT_OF_RESOURCES -5
#define NO_DEVICE -1
#define REAL "REALTIME_REAL_OPENCL"
#define FAILING "REALTIME_FAILING"
#define GONE "REALTIME_GONE"

typedef long Word;

static int there(const char *variable)
{
    const char *file = getenv(variable);
    return file && access(file, F_OK) == 0;
}

static void *find(const char *name)
{
    static void *library;
    if (!library)
        library = dlopen(getenv(REAL), RTLD_NOW | RTLD_LOCAL);
    void *found = library ? dlsym(library, name) : NULL;
    if (!found) {
        fprintf(stderr, "no %s in %s\n", name, getenv(REAL));
        abort();
    }
    return found;
}

// Integers and pointers alone are passed, 13 at most: those that a function does not have are not looked at.
#define ALL Word a, Word b, Word c, Word d, Word e, Word f, Word g, Word h, Word i, Word j, Word k, Word l, Word m
#define FORWARD(name, fails, status) \
    Word name(ALL) \
    { \
        static Word (*real)(ALL); \
        if (!real) \
            real = (Word (*)(ALL))find(#name); \
        return fails ? status : real(a, b, c, d, e, f, g, h, i, j, k, l, m); \
    }
#define FORWARD_ALWAYS(name) FORWARD(name, 0, 0)

FORWARD(clGetDeviceIDs, there(GONE), NO_DEVICE)
FORWARD(clFinish, there(FAILING), OUT_OF_RESOURCES)
FORWARD_ALWAYS(clGetPlatformIDs)
FORWARD_ALWAYS(clGetPlatformInfo)
FORWARD_ALWAYS(clGetDeviceInfo)
FORWARD_ALWAYS(clCreateContext)
FORWARD_ALWAYS(clReleaseContext)
FORWARD_ALWAYS(clCreateCommandQueue)
FORWARD_ALWAYS(clReleaseCommandQueue)
FORWARD_ALWAYS(clCreateProgramWithSource)
FORWARD_ALWAYS(clBuildProgram)
FORWARD_ALWAYS(clGetProgramBuildInfo)
FORWARD_ALWAYS(clReleaseProgram)
FORWARD_ALWAYS(clCreateKernel)
FORWARD_ALWAYS(clReleaseKernel)
FORWARD_ALWAYS(clSetKernelArg)
FORWARD_ALWAYS(clCreateBuffer)
FORWARD_ALWAYS(clReleaseMemObject)
FORWARD_ALWAYS(clEnqueueWriteBuffer)
FORWARD_ALWAYS(clEnqueueReadBuffer)
FORWARD_ALWAYS(clEnqueueFillBuffer)
FORWARD_ALWAYS(clEnqueueMapBuffer)
FORWARD_ALWAYS(clEnqueueUnmapMemObject)
FORWARD_ALWAYS(clEnqueueNDRangeKernel)
FORWARD_ALWAYS(clFlush)
