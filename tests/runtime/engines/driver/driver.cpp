// A stand-in for CUDA's driver library (libcuda.so.1) on the processor, so that the real pycuda and cuda-python run
// where there is no GPU. Streams keep what is enqueued until they are waited for, or give it to a graph; kernels are
// those of framing.cu, compiled for the processor. Calls without a current context, with memory that nobody allocated
// or with a freed one are errors, as they are there. Signatures are those of cuda.h, which it is compiled against.
#include <cuda.h>
#include <dlfcn.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "cuda_on_host.hpp"

using Work = std::function<CUresult()>;

struct CUstream_st {
    std::vector<Work> waiting;
    std::vector<Work> *captured = nullptr;
};
struct CUgraph_st {
    std::vector<Work> work;
};
struct CUgraphExec_st {
    std::vector<Work> work;
};
struct CUfunc_st {
    std::string name;
};
struct CUmod_st {
    std::string ptx;
};

static std::recursive_mutex mutex;
static int primary;  // its address is the only context
static thread_local std::vector<CUcontext> stack;
static std::map<CUdeviceptr, size_t> memory;
static std::map<void *, size_t> pinned;

#define LOCKED std::lock_guard<std::recursive_mutex> lock(mutex)
#define NEEDS_CONTEXT \
    LOCKED;           \
    if (stack.empty()) return CUDA_ERROR_INVALID_CONTEXT

// Whether the GPU may touch so many bytes from an address on.
static bool holds(CUdeviceptr address, size_t size) {
    LOCKED;
    auto after = memory.upper_bound(address);
    if (after == memory.begin()) return false;
    --after;
    return address + size <= after->first + after->second;
}

static CUresult enqueue(CUstream stream, Work work) {
    if (!stream) return work();
    (stream->captured ? *stream->captured : stream->waiting).push_back(work);
    return CUDA_SUCCESS;
}

extern "C" {
CUresult cuInit(unsigned) { return CUDA_SUCCESS; }
CUresult cuDriverGetVersion(int *version) { return *version = 12060, CUDA_SUCCESS; }
CUresult cuDeviceGet(CUdevice *device, int index) { return *device = index, index ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS; }
CUresult cuDeviceGetCount(int *count) { return *count = 1, CUDA_SUCCESS; }
CUresult cuDeviceGetName(char *name, int length, CUdevice) { return strncpy(name, "stand-in", length), CUDA_SUCCESS; }
CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice) {
    const char *integrated = getenv("STAND_IN_INTEGRATED");
    switch (attribute) {
        case CU_DEVICE_ATTRIBUTE_INTEGRATED: *value = integrated && *integrated == '1'; break;
        case CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY: *value = 1; break;
        case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *value = 8; break;
        case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *value = 7; break;
        default: *value = 0;
    }
    return CUDA_SUCCESS;
}
CUresult cuGetErrorString(CUresult error, const char **text) {
    static thread_local std::string said;
    said = "stand-in's error " + std::to_string(error);
    return *text = said.c_str(), CUDA_SUCCESS;
}
CUresult cuGetErrorName(CUresult error, const char **text) { return cuGetErrorString(error, text); }

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice) { return *context = (CUcontext)&primary, CUDA_SUCCESS; }
CUresult cuDevicePrimaryCtxRelease(CUdevice) { return CUDA_SUCCESS; }
CUresult cuCtxPushCurrent(CUcontext context) { return stack.push_back(context), CUDA_SUCCESS; }
CUresult cuCtxPopCurrent(CUcontext *context) {
    if (stack.empty()) return CUDA_ERROR_INVALID_CONTEXT;
    if (context) *context = stack.back();
    return stack.pop_back(), CUDA_SUCCESS;
}
CUresult cuCtxGetCurrent(CUcontext *context) { return *context = stack.empty() ? nullptr : stack.back(), CUDA_SUCCESS; }
CUresult cuCtxSetCurrent(CUcontext context) {
    if (!stack.empty()) stack.pop_back();
    if (context) stack.push_back(context);
    return CUDA_SUCCESS;
}
CUresult cuCtxGetDevice(CUdevice *device) { return *device = 0, stack.empty() ? CUDA_ERROR_INVALID_CONTEXT : CUDA_SUCCESS; }

CUresult cuMemAlloc(CUdeviceptr *address, size_t size) {
    NEEDS_CONTEXT;
    *address = (CUdeviceptr)aligned_alloc(256, (size + 255) / 256 * 256);
    memset((void *)*address, 0x5A, size);
    return memory[*address] = size, CUDA_SUCCESS;
}
CUresult cuMemFree(CUdeviceptr address) {
    NEEDS_CONTEXT;
    if (!memory.erase(address)) return CUDA_ERROR_INVALID_VALUE;
    return free((void *)address), CUDA_SUCCESS;
}
CUresult cuMemHostAlloc(void **host, size_t size, unsigned flags) {
    NEEDS_CONTEXT;
    *host = aligned_alloc(4096, (size + 4095) / 4096 * 4096);
    memset(*host, 0xA5, size);
    pinned[*host] = size;
    if (flags & CU_MEMHOSTALLOC_DEVICEMAP) memory[(CUdeviceptr)*host] = size;
    return CUDA_SUCCESS;
}
CUresult cuMemHostGetDevicePointer(CUdeviceptr *address, void *host, unsigned) {
    NEEDS_CONTEXT;
    *address = (CUdeviceptr)host;
    return memory.count(*address) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
CUresult cuMemFreeHost(void *host) {
    NEEDS_CONTEXT;
    if (!pinned.erase(host)) return CUDA_ERROR_INVALID_VALUE;
    memory.erase((CUdeviceptr)host);
    return free(host), CUDA_SUCCESS;
}
CUresult cuMemcpyHtoDAsync(CUdeviceptr to, const void *from, size_t size, CUstream stream) {
    NEEDS_CONTEXT;
    return enqueue(stream, [=] {
        if (!holds(to, size)) return CUDA_ERROR_ILLEGAL_ADDRESS;
        return memcpy((void *)to, from, size), CUDA_SUCCESS;
    });
}
CUresult cuMemcpyDtoHAsync(void *to, CUdeviceptr from, size_t size, CUstream stream) {
    NEEDS_CONTEXT;
    return enqueue(stream, [=] {
        if (!holds(from, size)) return CUDA_ERROR_ILLEGAL_ADDRESS;
        return memcpy(to, (void *)from, size), CUDA_SUCCESS;
    });
}
CUresult cuMemcpyDtoH(void *to, CUdeviceptr from, size_t size) { return cuMemcpyDtoHAsync(to, from, size, nullptr); }
CUresult cuMemcpyHtoD(CUdeviceptr to, const void *from, size_t size) { return cuMemcpyHtoDAsync(to, from, size, nullptr); }
CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, CUstream stream) {
    NEEDS_CONTEXT;
    return enqueue(stream, [=] {
        if (!holds(to, 4 * count)) return CUDA_ERROR_ILLEGAL_ADDRESS;
        for (size_t i = 0; i < count; ++i) ((unsigned *)to)[i] = value;
        return CUDA_SUCCESS;
    });
}

CUresult cuStreamCreate(CUstream *stream, unsigned) {
    NEEDS_CONTEXT;
    return *stream = new CUstream_st, CUDA_SUCCESS;
}
CUresult cuStreamDestroy(CUstream stream) {
    NEEDS_CONTEXT;
    return delete stream, CUDA_SUCCESS;
}
static CUresult take(CUstream stream, std::vector<Work> &waiting) {
    NEEDS_CONTEXT;
    if (stream->captured) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    return waiting.swap(stream->waiting), CUDA_SUCCESS;
}
CUresult cuStreamSynchronize(CUstream stream) {
    std::vector<Work> waiting;
    if (CUresult error = take(stream, waiting)) return error;
    // not under the lock: the work may be Python's, and wait for a thread that waits for the lock
    for (Work &work : waiting)
        if (CUresult error = work()) return error;
    return CUDA_SUCCESS;
}
CUresult cuStreamIsCapturing(CUstream stream, CUstreamCaptureStatus *status) {
    LOCKED;
    *status = stream->captured ? CU_STREAM_CAPTURE_STATUS_ACTIVE : CU_STREAM_CAPTURE_STATUS_NONE;
    return CUDA_SUCCESS;
}
CUresult cuLaunchHostFunc(CUstream stream, CUhostFn function, void *data) {
    NEEDS_CONTEXT;
    return enqueue(stream, [=] { return function(data), CUDA_SUCCESS; });
}
CUresult cuStreamBeginCapture(CUstream stream, CUstreamCaptureMode mode) {
    NEEDS_CONTEXT;
    if (mode != CU_STREAM_CAPTURE_MODE_THREAD_LOCAL) return CUDA_ERROR_INVALID_VALUE;
    return stream->captured = new std::vector<Work>, CUDA_SUCCESS;
}
CUresult cuStreamEndCapture(CUstream stream, CUgraph *graph) {
    NEEDS_CONTEXT;
    if (!stream->captured) return CUDA_ERROR_ILLEGAL_STATE;
    *graph = new CUgraph_st{*stream->captured};
    delete stream->captured;
    return stream->captured = nullptr, CUDA_SUCCESS;
}
CUresult cuGraphInstantiateWithFlags(CUgraphExec *executable, CUgraph graph, unsigned long long) {
    NEEDS_CONTEXT;
    return *executable = new CUgraphExec_st{graph->work}, CUDA_SUCCESS;
}
CUresult cuGraphDestroy(CUgraph graph) { return delete graph, CUDA_SUCCESS; }
CUresult cuGraphExecDestroy(CUgraphExec executable) { return delete executable, CUDA_SUCCESS; }
CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream) {
    NEEDS_CONTEXT;
    for (Work &work : executable->work) stream->waiting.push_back(work);
    return CUDA_SUCCESS;
}

CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned, CUjit_option *, void **) {
    NEEDS_CONTEXT;
    std::string ptx((const char *)image);
    if (ptx.find("\n.version 8.0\n.target sm_75\n") == std::string::npos) return CUDA_ERROR_UNSUPPORTED_PTX_VERSION;
    return *module = new CUmod_st{ptx}, CUDA_SUCCESS;
}
CUresult cuModuleUnload(CUmodule module) { return delete module, CUDA_SUCCESS; }
CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
    NEEDS_CONTEXT;
    if (module->ptx.find(".entry " + std::string(name) + "(") == std::string::npos) return CUDA_ERROR_NOT_FOUND;
    return *function = new CUfunc_st{name}, CUDA_SUCCESS;
}
CUresult cuFuncSetBlockShape(CUfunction, int, int, int) { return CUDA_SUCCESS; }

struct LinesArguments {
    Line *lines;
    int size, side, way, x0, y0, width, height;
    double scale, step, cx, cy;
};
struct PixelsArguments {
    unsigned char *rgb;
    Line *lines;
    unsigned char *framed, *inside;
    int size, side, way, left, top, cut_width, cut_height;
    double radius2;
};
CUresult cuLaunchKernel(CUfunction function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                        unsigned, CUstream stream, void **, void **extra) {
    NEEDS_CONTEXT;
    if (!extra || extra[0] != CU_LAUNCH_PARAM_BUFFER_POINTER || extra[2] != CU_LAUNCH_PARAM_BUFFER_SIZE)
        return CUDA_ERROR_INVALID_VALUE;
    const char *given = (const char *)extra[1];
    std::string bytes(given, *(size_t *)extra[3]);
    bool lines = function->name == "frame_lines";
    // the struct's tail is not passed
    if (bytes.size() != (lines ? sizeof(LinesArguments) : sizeof(PixelsArguments)) || gz != 1 || bx * by * bz > 1024)
        return CUDA_ERROR_INVALID_VALUE;
    std::vector<unsigned> grid{gx, gy, gz}, block{bx, by, bz};
    return enqueue(stream, [=] {
        if (lines) {
            LinesArguments a;
            memcpy(&a, bytes.data(), sizeof a);
            if (!holds((CUdeviceptr)a.lines, 2 * a.size * sizeof(Line))) return CUDA_ERROR_ILLEGAL_ADDRESS;
            run_frame_lines(grid.data(), block.data(), a.lines, a.size, a.side, a.way, a.x0, a.y0, a.width, a.height,
                            a.scale, a.step, a.cx, a.cy);
            return CUDA_SUCCESS;
        }
        PixelsArguments a;
        memcpy(&a, bytes.data(), sizeof a);
        size_t area = (size_t)a.size * a.size;
        if (!holds((CUdeviceptr)a.lines, 2 * a.size * sizeof(Line)) || !holds((CUdeviceptr)a.framed, 3 * area) ||
            !holds((CUdeviceptr)a.inside, area) || !holds((CUdeviceptr)a.rgb, 3ull * a.cut_width * a.cut_height))
            return CUDA_ERROR_ILLEGAL_ADDRESS;
        run_frame_pixels(grid.data(), block.data(), a.rgb, a.lines, a.framed, a.inside, a.size, a.side, a.way, a.left,
                         a.top, a.cut_width, a.cut_height, a.radius2);
        return CUDA_SUCCESS;
    });
}

// For a played engine, which is given addresses alone; and for the end: what was not given back.
size_t stand_in_size(CUdeviceptr address) {
    LOCKED;
    return memory.count(address) ? memory[address] : 0;
}
size_t stand_in_held() {
    LOCKED;
    return memory.size() + pinned.size();
}

// cuda-python asks for every call by this one; what is not here is said to be missing.
CUresult cuGetProcAddress(const char *name, void **function, int, cuuint64_t, CUdriverProcAddressQueryResult *found) {
    static void *itself = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD);
    const std::string base = std::string(name) == "cuGraphInstantiate" ? "cuGraphInstantiateWithFlags" : name;
    *function = nullptr;
    for (const char *suffix : {"", "_v2", "_v3"})
        if (!*function) *function = dlsym(itself, (base + suffix).c_str());
    if (found) *found = *function ? CU_GET_PROC_ADDRESS_SUCCESS : CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
    return *function ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}
}
