// What framing.cu needs of CUDA, so that g++ compiles it: threads run one after another.
#include <cmath>
using std::ceil;
using std::floor;
using std::fmin;

#define __global__
#define __device__

struct Index {
    unsigned x, y, z;
};
static thread_local Index blockIdx, blockDim, threadIdx;

#include FRAMING

// Run one kernel for every thread of a grid.
template <typename... Parameters, typename... Arguments>
static void run(void (*kernel)(Parameters...), const unsigned *grid, const unsigned *block, Arguments... arguments) {
    blockDim = {block[0], block[1], block[2]};
    for (blockIdx.y = 0; blockIdx.y < grid[1]; ++blockIdx.y)
        for (blockIdx.x = 0; blockIdx.x < grid[0]; ++blockIdx.x)
            for (threadIdx.y = 0; threadIdx.y < block[1]; ++threadIdx.y)
                for (threadIdx.x = 0; threadIdx.x < block[0]; ++threadIdx.x) kernel(arguments...);
}

extern "C" void run_frame_lines(
    const unsigned *grid, const unsigned *block, void *lines, int size, int side, int way, int x0, int y0, int width,
    int height, double scale, double step, double cx, double cy
) {
    run(frame_lines, grid, block, (Line *)lines, size, side, way, x0, y0, width, height, scale, step, cx, cy);
}

extern "C" void run_frame_pixels(
    const unsigned *grid, const unsigned *block, void *rgb, void *lines, void *framed, void *inside, int size, int side,
    int way, int left, int top, int cut_width, int cut_height, double radius2
) {
    run(frame_pixels, grid, block, (const unsigned char *)rgb, (const Line *)lines, (unsigned char *)framed,
        (unsigned char *)inside, size, side, way, left, top, cut_width, cut_height, radius2);
}
