// Framing: the square about the fundus disc, resized, black outside the disc and the frame.
//
// What fundusgate.runtime.preprocessing.frame_disc makes with NumPy and OpenCV on the processor, value for value:
// OpenCV's own arithmetic is followed (single precision sums in its order, its 11-bit weights), so nothing here may be
// fused or reordered: compile with -fmad=false (nvcc) or -ffp-contract=off (g++).
//
// Compiled to PTX by make_ptx.py; the tests also compile it with g++ and hold it to OpenCV on the processor.

// How the square becomes the framed picture; the numbers are those of fundusgate.runtime.framing.square.Way.
enum Way {
    COPY = 0,    // as large as it is
    LINEAR = 1,  // grown
    HALVE = 2,   // shrunk to half by area: OpenCV rounds halves up there
    WHOLE = 3,   // shrunk by another whole number, by area
    AREA = 4,    // shrunk by area
};

// What one column, or one row, of the framed picture is made of.
struct Line {
    double away;  // squared distance of its centre from the disc's, photograph pixels
    int within;   // whether its centre lies in the frame
    int first;    // first column, or row, of the square that it takes from
    int count;    // how many it takes
    float head;   // weight of the first; of LINEAR out of 2048
    float body;   // of those between
    float tail;   // of the last
};
static_assert(sizeof(Line) == 32, "fundusgate.runtime.framing.gpu.LINE_BYTES");

static __device__ Line linear(int index, int side, double scale, bool is_column) {
    Line line = {};
    float at = (float)((index + 0.5) * scale - 0.5);
    int first = (int)floorf(at);
    float share = at - (float)first;
    // OpenCV stops columns at the edges, and lets rows beyond them be the edge's row
    if (is_column && first < 0) {
        first = 0;
        share = 0.0f;
    }
    if (is_column && first >= side - 1) {
        first = side - 1;
        share = 0.0f;
    }
    line.first = first;
    line.count = 2;
    line.head = rintf((1.0f - share) * 2048.0f);
    line.tail = rintf(share * 2048.0f);
    return line;
}

static __device__ Line by_area(int index, int side, double scale) {
    Line line = {};
    double from = index * scale;
    double to = from + scale;
    double width = fmin(scale, side - from);
    int first = (int)ceil(from);
    int last = (int)floor(to);
    last = last < side - 1 ? last : side - 1;
    first = first < last ? first : last;
    line.first = first;
    line.count = last - first;
    line.body = (float)(1.0 / width);
    line.head = line.tail = line.body;
    if (first - from > 1e-3) {
        line.first -= 1;
        line.count += 1;
        line.head = (float)((first - from) / width);
    }
    if (to - last > 1e-3) {
        line.count += 1;
        line.tail = (float)(fmin(fmin(to - last, 1.0), width) / width);
        if (line.count == 1) line.head = line.tail;
    }
    return line;
}

// Work out the lines of a framed picture: `size` columns, then `size` rows; one thread each.
//
// side: of the square, photograph pixels; x0, y0: its corner. scale: square pixels a framed pixel as OpenCV's resize
// takes it; step: the same as NumPy's side / size. cx, cy: the disc's centre; width, height: of the photograph.
extern "C" __global__ void frame_lines(
    Line *lines, int size, int side, int way, int x0, int y0, int width, int height, double scale, double step,
    double cx, double cy
) {
    int thread = blockIdx.x * blockDim.x + threadIdx.x;
    if (thread >= 2 * size) return;
    bool is_column = thread < size;
    int index = is_column ? thread : thread - size;
    Line line = {};
    if (way == COPY) {
        line.first = index;
        line.count = 1;
    } else if (way == LINEAR) {
        line = linear(index, side, scale, is_column);
    } else if (way == AREA) {
        line = by_area(index, side, scale);
    } else {
        line.count = side / size;
        line.first = index * line.count;
    }
    double centre = (is_column ? x0 : y0) + (index + 0.5) * step;
    double apart = centre - (is_column ? cx : cy);
    line.away = apart * apart;
    line.within = centre >= 0 && centre < (is_column ? width : height);
    lines[thread] = line;
}

// The part of the square that lies in the photograph; what lies beyond it is black.
struct Cut {
    const unsigned char *rgb;
    int left, top;  // its corner in the square
    int width, height;
};

static __device__ float weight_of(const Line &line, int tap) {
    return tap == 0 ? line.head : tap == line.count - 1 ? line.tail : line.body;
}

static __device__ void add_whole(const Cut &cut, const Line &column, const Line &row, int sums[3]) {
    for (int j = 0; j < row.count; ++j) {
        int y = row.first + j - cut.top;
        if (y < 0 || y >= cut.height) continue;
        const unsigned char *from = cut.rgb + (long long)y * cut.width * 3;
        for (int i = 0; i < column.count; ++i) {
            int x = column.first + i - cut.left;
            if (x < 0 || x >= cut.width) continue;
            for (int c = 0; c < 3; ++c) sums[c] += from[3 * x + c];
        }
    }
}

static __device__ void add_area(const Cut &cut, const Line &column, const Line &row, float sums[3]) {
    for (int j = 0; j < row.count; ++j) {
        int y = row.first + j - cut.top;
        if (y < 0 || y >= cut.height) continue;
        const unsigned char *from = cut.rgb + (long long)y * cut.width * 3;
        float along[3] = {0.0f, 0.0f, 0.0f};
        for (int i = 0; i < column.count; ++i) {
            int x = column.first + i - cut.left;
            if (x < 0 || x >= cut.width) continue;
            float weight = weight_of(column, i);
            for (int c = 0; c < 3; ++c) along[c] = along[c] + from[3 * x + c] * weight;
        }
        float weight = weight_of(row, j);
        for (int c = 0; c < 3; ++c) sums[c] = sums[c] + along[c] * weight;
    }
}

static __device__ void add_linear(const Cut &cut, const Line &column, const Line &row, int side, int sums[3]) {
    for (int j = 0; j < 2; ++j) {
        int y = row.first + j;
        y = (y < 0 ? 0 : y > side - 1 ? side - 1 : y) - cut.top;
        if (y < 0 || y >= cut.height) continue;
        const unsigned char *from = cut.rgb + (long long)y * cut.width * 3;
        int along[3] = {0, 0, 0};
        for (int i = 0; i < 2; ++i) {
            int x = column.first + i - cut.left;
            int weight = (int)weight_of(column, i);
            // a last column has no neighbour, and no weight for it
            if (x < 0 || x >= cut.width) continue;
            for (int c = 0; c < 3; ++c) along[c] += from[3 * x + c] * weight;
        }
        int weight = (int)weight_of(row, j);
        for (int c = 0; c < 3; ++c) sums[c] += (weight * (along[c] >> 4)) >> 16;
    }
}

static __device__ unsigned char to_grey(float value) {
    float whole = rintf(value);
    return (unsigned char)(whole < 0.0f ? 0.0f : whole > 255.0f ? 255.0f : whole);
}

// Make the framed picture: size x size x 3 bytes RGB and size x size bytes, 1 within disc and frame and 0 elsewhere.
//
// One thread a pixel. rgb: cut_height x cut_width x 3 bytes, the part of the square in the photograph, at column `left`
// and row `top` of it. radius2: the disc's radius squared.
extern "C" __global__ void frame_pixels(
    const unsigned char *__restrict__ rgb, const Line *__restrict__ lines, unsigned char *__restrict__ framed,
    unsigned char *__restrict__ inside, int size, int side, int way, int left, int top, int cut_width, int cut_height,
    double radius2
) {
    int x = blockIdx.x * blockDim.x + threadIdx.x;
    int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= size || y >= size) return;
    const Line column = lines[x];
    const Line row = lines[size + y];
    const Cut cut = {rgb, left, top, cut_width, cut_height};
    bool within = column.within && row.within && column.away + row.away <= radius2;
    unsigned char given[3] = {0, 0, 0};
    if (within && way == AREA) {
        float sums[3] = {0.0f, 0.0f, 0.0f};
        add_area(cut, column, row, sums);
        for (int c = 0; c < 3; ++c) given[c] = to_grey(sums[c]);
    } else if (within) {
        int sums[3] = {0, 0, 0};
        if (way == LINEAR) {
            add_linear(cut, column, row, side, sums);
            for (int c = 0; c < 3; ++c) given[c] = (unsigned char)((sums[c] + 2) >> 2);
        } else {
            add_whole(cut, column, row, sums);
            float share = 1.0f / (float)(column.count * row.count);
            for (int c = 0; c < 3; ++c) {
                given[c] = way == HALVE ? (unsigned char)((sums[c] + 2) >> 2) : to_grey((float)sums[c] * share);
            }
        }
    }
    long long pixel = (long long)y * size + x;
    for (int c = 0; c < 3; ++c) framed[3 * pixel + c] = given[c];
    // last, so that a picture whose mask is whole was written
    inside[pixel] = within;
}
