/*
 * The quadratic part of the attention (org.bindrae.attention.cuda.AttentionCore) without tensor cores: everything in the type of the rows, point distances as
 * direct differences. Any widths. A block of 16 × 16 threads owns a tile of 64 rows of one head and goes through the sequence in tiles of 64 other rows; a
 * thread works on 4 own rows times 4 other rows or 16 bytes times 4 columns, in registers. Rows come through two buffers in shared memory, the next while the
 * present one is worked on. Sums whose columns do not fit the registers of one block are made in slabs of columns, each by a block of its own that computes
 * the logits again.
 */
#include "common/mma.cuh"
#include "common/real.cuh"

namespace exact {

constexpr int THREADS = 256;
/** Rows of a tile. */
constexpr int TILE = 64;
/** Threads along the own rows, and along the other rows or the columns. */
constexpr int SIDE = 16;
/** Rows of a tile per thread: own rows ty + 16i, other rows tx + 16j. */
constexpr int ROWS = TILE / SIDE;
/** Other rows in a buffer for sums over them. */
constexpr int DEPTH = 16;
/** Groups of columns per thread: of a slab of weighted sums, of a slab of gradients of query and key rows. */
constexpr int VALUE_GROUPS = 4;
constexpr int KEY_GROUPS = 3;

/** Sizes that depend on the element type. */
template <typename E> struct Sizes {
    /** Elements in 16 bytes. */
    static constexpr int VECTOR = 16 / sizeof(E);
    /** Columns in a buffer for products of rows. */
    static constexpr int CHUNK = 128 / sizeof(E);
    /** Elements from one of its rows to the next: no bank conflicts. */
    static constexpr int PITCH = CHUNK + VECTOR;
    /** Columns that the threads of a row have together, of one group. */
    static constexpr int GROUP = SIDE * VECTOR;
    /** Elements between the rows of a tile of logits. */
    static constexpr int TILE_PITCH = TILE + VECTOR;
    /** Elements of a buffer. */
    static constexpr int BUFFER = 2 * TILE * PITCH;
    static_assert(DEPTH * VALUE_GROUPS * GROUP <= BUFFER, "rows for sums fit a buffer");
};

/** 16 bytes. */
template <typename E> struct alignas(16) Vector {
    E v[Sizes<E>::VECTOR];
};

template <typename E> __device__ __forceinline__ Vector<E> load(const E* shared) {
    return *reinterpret_cast<const Vector<E>*>(shared);
}

__device__ __forceinline__ void copyElement(float* shared, const float* global, bool valid) {
    copyAsync4(shared, global, valid);
}
__device__ __forceinline__ void copyElement(double* shared, const double* global, bool valid) {
    copyAsync8(shared, global, valid);
}

__device__ __forceinline__ int threadRow() {
    return threadIdx.x / SIDE;
}
__device__ __forceinline__ int threadColumn() {
    return threadIdx.x % SIDE;
}

/** Up to 64 adjacent rows of one head and sequence. */
template <typename E> struct RowTile {
    const E* rows;
    int width;
    int count;
};

/** Columns [from, to) in equal pieces that fit a buffer. */
template <typename E> struct Chunks {
    int from;
    int to;
    int size;
    int count;

    __device__ __forceinline__ Chunks(int first, int end) {
        from = first;
        to = end;
        count = (to - from + Sizes<E>::CHUNK - 1) / Sizes<E>::CHUNK;
        int even = (to - from + count - 1) / count;
        size = (even + Sizes<E>::VECTOR - 1) / Sizes<E>::VECTOR * Sizes<E>::VECTOR;
        count = (to - from + size - 1) / size;
    }
    __device__ __forceinline__ int start(int chunk) const {
        return from + chunk * size;
    }
    __device__ __forceinline__ int width(int chunk) const {
        return min(size, to - start(chunk));
    }
};

/** The two buffers: rows are copied to next(), and the same memory is had from arrive() when they are there for all threads. */
template <typename E> struct Buffers {
    E* memory;
    int parity;

    __device__ __forceinline__ E* next() const {
        return memory + parity * Sizes<E>::BUFFER;
    }

    /** Also says that all threads are done with the other buffer, which is next() from now on. */
    __device__ __forceinline__ E* arrive() {
        copyAsyncWait<0>();
        __syncthreads();
        E* current = next();
        parity ^= 1;
        return current;
    }
};

/** Starts to copy a chunk of columns of two tiles, zeros where there is nothing. */
template <typename E> __device__ __forceinline__ void copyPair(E* buffer, RowTile<E> own, RowTile<E> other, Chunks<E> chunks, int chunk) {
    constexpr int CHUNK = Sizes<E>::CHUNK;
    constexpr int PITCH = Sizes<E>::PITCH;
    int column = threadIdx.x % CHUNK;
    int width = chunks.width(chunk);
    if (column / Sizes<E>::VECTOR * Sizes<E>::VECTOR < width) {
        bool inside = column < width;
        int from = chunks.start(chunk) + column;
#pragma unroll 4
        for (int step = 0; step < TILE * CHUNK / THREADS; step++) {
            int row = threadIdx.x / CHUNK + step * (THREADS / CHUNK);
            copyElement(buffer + row * PITCH + column, own.rows + static_cast<int64_t>(row) * own.width + from, inside && row < own.count);
        }
#pragma unroll 4
        for (int step = 0; step < TILE * CHUNK / THREADS; step++) {
            int row = threadIdx.x / CHUNK + step * (THREADS / CHUNK);
            copyElement(buffer + (TILE + row) * PITCH + column, other.rows + static_cast<int64_t>(row) * other.width + from, inside && row < other.count);
        }
    }
    copyAsyncCommit();
}

/** Starts to copy DEPTH rows from first on, of the columns that GROUPS groups from column on have. */
template <int GROUPS, typename E> __device__ __forceinline__ void copyRows(E* buffer, RowTile<E> rows, int first, int column) {
    constexpr int COLUMNS = GROUPS * Sizes<E>::GROUP;
#pragma unroll 2
    for (int step = 0; step < (DEPTH * COLUMNS + THREADS - 1) / THREADS; step++) {
        int element = step * THREADS + threadIdx.x;
        int row = element / COLUMNS;
        int at = element % COLUMNS;
        if (DEPTH * COLUMNS % THREADS == 0 || row < DEPTH) {
            copyElement(buffer + element, rows.rows + static_cast<int64_t>(first + row) * rows.width + column + at,
                first + row < rows.count && column + at < rows.width);
        }
    }
    copyAsyncCommit();
}

/** product[i][j] += Σ own·other, or Σ (own − other)², over a chunk of so many columns. */
template <bool SQUARES, typename E> __device__ __forceinline__ void multiply(E (&product)[ROWS][ROWS], const E* buffer, int width) {
    constexpr int VECTOR = Sizes<E>::VECTOR;
    constexpr int PITCH = Sizes<E>::PITCH;
    const E* ownRow = buffer + threadRow() * PITCH;
    const E* otherRow = buffer + (TILE + threadColumn()) * PITCH;
#pragma unroll 1
    for (int column = 0; column < width; column += VECTOR) {
        Vector<E> own[ROWS];
#pragma unroll
        for (int i = 0; i < ROWS; i++) {
            own[i] = load(ownRow + i * SIDE * PITCH + column);
        }
#pragma unroll
        for (int j = 0; j < ROWS; j++) {
            Vector<E> other = load(otherRow + j * SIDE * PITCH + column);
#pragma unroll
            for (int v = 0; v < VECTOR; v++) {
#pragma unroll
                for (int i = 0; i < ROWS; i++) {
                    if (SQUARES) {
                        E difference = own[i].v[v] - other.v[v];
                        product[i][j] += difference * difference;
                    } else {
                        product[i][j] += own[i].v[v] * other.v[v];
                    }
                }
            }
        }
    }
}

template <typename E> __device__ __forceinline__ void clear(E (&product)[ROWS][ROWS]) {
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
#pragma unroll
        for (int j = 0; j < ROWS; j++) {
            product[i][j] = 0;
        }
    }
}

/** Entry (i, j) of this thread in a tile of logits. */
template <typename E> __device__ __forceinline__ E& entry(E* tile, int i, int j) {
    return tile[(threadRow() + i * SIDE) * Sizes<E>::TILE_PITCH + threadColumn() + j * SIDE];
}

/** What rows of queries and keys are made of. */
template <typename E> struct KeyColumns {
    Chunks<E> points;
    Chunks<E> scalars;
    /** −w/2 */
    E pointFactor;

    __device__ __forceinline__ KeyColumns(int logitColumns, int keyWidth, E pointWeight)
        : points(logitColumns, keyWidth), scalars(0, logitColumns), pointFactor(E(-0.5) * pointWeight) {
    }
};

/**
 * Logits of two tiles, whose first chunk of points is under way.
 *
 * @param distances where to leave the squared distances, or null
 * @param next starts to copy what comes after
 */
template <typename E, typename Next>
__device__ __forceinline__ void logits(E (&product)[ROWS][ROWS], Buffers<E>& buffers, RowTile<E> own, RowTile<E> other, const KeyColumns<E>& columns,
    E* distances,
    Next next) {
    clear(product);
    for (int chunk = 0; chunk < columns.points.count; chunk++) {
        const E* current = buffers.arrive();
        if (chunk + 1 < columns.points.count) {
            copyPair(buffers.next(), own, other, columns.points, chunk + 1);
        } else {
            copyPair(buffers.next(), own, other, columns.scalars, 0);
        }
        multiply<true>(product, current, columns.points.width(chunk));
    }
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
#pragma unroll
        for (int j = 0; j < ROWS; j++) {
            if (distances != nullptr) {
                entry(distances, i, j) = product[i][j];
            }
            product[i][j] *= columns.pointFactor;
        }
    }
    for (int chunk = 0; chunk < columns.scalars.count; chunk++) {
        const E* current = buffers.arrive();
        if (chunk + 1 < columns.scalars.count) {
            copyPair(buffers.next(), own, other, columns.scalars, chunk + 1);
        } else {
            next();
        }
        multiply<false>(product, current, columns.scalars.width(chunk));
    }
}

/** product = own·otherᵀ over chunks, of which the first is under way. */
template <typename E, typename Next>
__device__ __forceinline__ void products(E (&product)[ROWS][ROWS], Buffers<E>& buffers, RowTile<E> own, RowTile<E> other, Chunks<E> chunks, Next next) {
    clear(product);
    for (int chunk = 0; chunk < chunks.count; chunk++) {
        const E* current = buffers.arrive();
        if (chunk + 1 < chunks.count) {
            copyPair(buffers.next(), own, other, chunks, chunk + 1);
        } else {
            next();
        }
        multiply<false>(product, current, chunks.width(chunk));
    }
}

/** sums[i] += Σ tile[own][other]·rows[other] over the other rows, whose first DEPTH are under way; columns of the thread as in storeSums. */
template <int GROUPS, typename E, typename Next>
__device__ __forceinline__ void addRows(E (&sums)[ROWS][GROUPS * Sizes<E>::VECTOR], Buffers<E>& buffers, const E* tile, RowTile<E> rows, int column,
    Next next) {
    constexpr int VECTOR = Sizes<E>::VECTOR;
    constexpr int GROUP = Sizes<E>::GROUP;
    for (int first = 0; first < rows.count; first += DEPTH) {
        const E* current = buffers.arrive() + threadColumn() * VECTOR;
        if (first + DEPTH < rows.count) {
            copyRows<GROUPS>(buffers.next(), rows, first + DEPTH, column);
        } else {
            next();
        }
        const E* weights = tile + threadRow() * Sizes<E>::TILE_PITCH + first;
#pragma unroll 1
        for (int depth = 0; depth < DEPTH; depth += VECTOR) {
            Vector<E> weight[ROWS];
#pragma unroll
            for (int i = 0; i < ROWS; i++) {
                weight[i] = load(weights + i * SIDE * Sizes<E>::TILE_PITCH + depth);
            }
#pragma unroll
            for (int d = 0; d < VECTOR; d++) {
#pragma unroll
                for (int group = 0; group < GROUPS; group++) {
                    Vector<E> value = load(current + (depth + d) * GROUPS * GROUP + group * GROUP);
#pragma unroll
                    for (int v = 0; v < VECTOR; v++) {
#pragma unroll
                        for (int i = 0; i < ROWS; i++) {
                            sums[i][group * VECTOR + v] += weight[i].v[d] * value.v[v];
                        }
                    }
                }
            }
        }
    }
}

/** Writes sums to the columns from {@code column} on of a tile of rows; finish(i, column, sum) says what. */
template <int GROUPS, typename E, typename Finish>
__device__ __forceinline__ void storeSums(const E (&sums)[ROWS][GROUPS * Sizes<E>::VECTOR], E* rows, int width, int count, int column, Finish finish) {
    constexpr int VECTOR = Sizes<E>::VECTOR;
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
        int row = threadRow() + i * SIDE;
#pragma unroll
        for (int c = 0; c < GROUPS * VECTOR; c++) {
            int at = column + c / VECTOR * Sizes<E>::GROUP + threadColumn() * VECTOR + c % VECTOR;
            if (row < count && at < width) {
                rows[static_cast<int64_t>(row) * width + at] = finish(i, at, sums[i][c]);
            }
        }
    }
}

template <int COLUMNS, typename E> __device__ __forceinline__ void clearSums(E (&sums)[ROWS][COLUMNS]) {
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
#pragma unroll
        for (int c = 0; c < COLUMNS; c++) {
            sums[i][c] = 0;
        }
    }
}

/** The rows of one head and sequence, and the tile of it that a block owns. */
struct Place {
    int head;
    /** First row of the sequence in the head-major arrays. */
    int64_t row;
    int length;
    /** First own row in the sequence. */
    int first;

    __device__ __forceinline__ Place(const int* offsets, int residues, int head) : head(head) {
        int start = offsets[blockIdx.z];
        length = offsets[blockIdx.z + 1] - start;
        row = static_cast<int64_t>(head) * residues + start;
        first = blockIdx.x * TILE;
    }

    /** The tile from row {@code from} of the sequence on. */
    template <typename E> __device__ __forceinline__ RowTile<E> tile(const E* rows, int width, int from) const {
        return {rows + (row + from) * width, width, min(TILE, length - from)};
    }
};

template <typename E>
__device__ __forceinline__ void forward(const int* offsets, int residues, int logitColumns, int keyWidth, int valueWidth, int slabs, const E* pointWeights,
    const E* queries, const E* keys, const E* values, E* sums, E* maxima, E* inverseSums) {
    constexpr int COLUMNS = VALUE_GROUPS * Sizes<E>::VECTOR;
    SHARED_MEMORY(memory);
    Buffers<E> buffers{reinterpret_cast<E*>(memory), 0};
    E* tile = buffers.memory + 2 * Sizes<E>::BUFFER;
    int slab = blockIdx.y % slabs;
    int column = slab * VALUE_GROUPS * Sizes<E>::GROUP;
    Place place(offsets, residues, blockIdx.y / slabs);
    if (place.first >= place.length) {
        return;
    }
    KeyColumns<E> columns(logitColumns, keyWidth, pointWeights[place.head]);
    RowTile<E> own = place.tile(queries, keyWidth, place.first);
    E accumulated[ROWS][COLUMNS];
    clearSums(accumulated);
    E maximum[ROWS];
    E total[ROWS];
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
        maximum[i] = -INFINITY;
        total[i] = 0;
    }
    copyPair(buffers.next(), own, place.tile(keys, keyWidth, 0), columns.points, 0);
    for (int from = 0; from < place.length; from += TILE) {
        RowTile<E> value = place.tile(values, valueWidth, from);
        E weight[ROWS][ROWS];
        logits(weight, buffers, own, place.tile(keys, keyWidth, from), columns, static_cast<E*>(nullptr), [&] {
            copyRows<VALUE_GROUPS>(buffers.next(), value, 0, column);
        });
#pragma unroll
        for (int i = 0; i < ROWS; i++) {
            E largest = maximum[i];
#pragma unroll
            for (int j = 0; j < ROWS; j++) {
                if (threadColumn() + j * SIDE >= value.count) {
                    weight[i][j] = -INFINITY;
                }
                largest = max(largest, weight[i][j]);
            }
            largest = laneMax<SIDE>(largest);
            E scale = exponential(maximum[i] - largest);
            maximum[i] = largest;
            total[i] *= scale;
#pragma unroll
            for (int j = 0; j < ROWS; j++) {
                E exponent = exponential(weight[i][j] - largest);
                total[i] += exponent;
                entry(tile, i, j) = exponent;
            }
#pragma unroll
            for (int c = 0; c < COLUMNS; c++) {
                accumulated[i][c] *= scale;
            }
        }
        addRows<VALUE_GROUPS>(accumulated, buffers, tile, value, column, [&] {
            if (from + TILE < place.length) {
                copyPair(buffers.next(), own, place.tile(keys, keyWidth, from + TILE), columns.points, 0);
            }
        });
    }
    E inverse[ROWS];
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
        inverse[i] = 1 / laneSum<SIDE>(total[i]);
        int row = threadRow() + i * SIDE;
        if (slab == 0 && threadColumn() == 0 && row < own.count) {
            maxima[place.row + place.first + row] = maximum[i];
            inverseSums[place.row + place.first + row] = inverse[i];
        }
    }
    storeSums<VALUE_GROUPS>(accumulated, sums + (place.row + place.first) * valueWidth, valueWidth, own.count, column, [&](int i, int, E sum) {
        return sum * inverse[i];
    });
}

/** Values of the queries among the own or other rows of two tiles. */
template <typename E> __device__ __forceinline__ void loadQueryValues(E (&values)[ROWS], const E* array, int64_t row, int count, int first) {
#pragma unroll
    for (int n = 0; n < ROWS; n++) {
        int at = first + n * SIDE;
        values[n] = at < count ? array[row + at] : E(0);
    }
}

/** Everything that the blocks of the backward pass read. */
template <typename E> struct Backward {
    const int* offsets;
    int residues;
    int logitColumns;
    int keyWidth;
    int valueWidth;
    const E* pointWeights;
    const E* queries;
    const E* keys;
    const E* values;
    const E* maxima;
    const E* inverseSums;
    const E* dSums;
    const E* products;
};

/**
 * Logits of a tile to weights a_ij; 0 for other rows that do not exist.
 *
 * @param QUERIES whether the queries are the own rows
 */
template <bool QUERIES, typename E>
__device__ __forceinline__ void toWeights(E (&weight)[ROWS][ROWS], const Backward<E>& in, int64_t queryRow, int queryCount, int otherCount) {
    E maximum[ROWS];
    E inverse[ROWS];
    loadQueryValues(maximum, in.maxima, queryRow, queryCount, QUERIES ? threadRow() : threadColumn());
    loadQueryValues(inverse, in.inverseSums, queryRow, queryCount, QUERIES ? threadRow() : threadColumn());
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
#pragma unroll
        for (int j = 0; j < ROWS; j++) {
            int query = QUERIES ? i : j;
            E exponent = exponential(weight[i][j] - maximum[query]) * inverse[query];
            weight[i][j] = threadColumn() + j * SIDE < otherCount ? exponent : E(0);
        }
    }
}

/** Gradient of a slab of columns of a tile of value rows: Σ_i a_ij·dSums_i. */
template <typename E> __device__ __forceinline__ void valueGradients(const Backward<E>& in, int head, int slab, E* dValues, E* memory) {
    Buffers<E> buffers{memory, 0};
    E* tile = memory + 2 * Sizes<E>::BUFFER;
    int column = slab * VALUE_GROUPS * Sizes<E>::GROUP;
    Place place(in.offsets, in.residues, head);
    if (place.first >= place.length) {
        return;
    }
    KeyColumns<E> columns(in.logitColumns, in.keyWidth, in.pointWeights[head]);
    RowTile<E> own = place.tile(in.keys, in.keyWidth, place.first);
    E accumulated[ROWS][VALUE_GROUPS * Sizes<E>::VECTOR];
    clearSums(accumulated);
    copyPair(buffers.next(), own, place.tile(in.queries, in.keyWidth, 0), columns.points, 0);
    for (int from = 0; from < place.length; from += TILE) {
        RowTile<E> outer = place.tile(in.dSums, in.valueWidth, from);
        E weight[ROWS][ROWS];
        logits(weight, buffers, own, place.tile(in.queries, in.keyWidth, from), columns, static_cast<E*>(nullptr), [&] {
            copyRows<VALUE_GROUPS>(buffers.next(), outer, 0, column);
        });
        toWeights<false>(weight, in, place.row + from, outer.count, outer.count);
#pragma unroll
        for (int i = 0; i < ROWS; i++) {
#pragma unroll
            for (int j = 0; j < ROWS; j++) {
                entry(tile, i, j) = weight[i][j];
            }
        }
        addRows<VALUE_GROUPS>(accumulated, buffers, tile, outer, column, [&] {
            if (from + TILE < place.length) {
                copyPair(buffers.next(), own, place.tile(in.queries, in.keyWidth, from + TILE), columns.points, 0);
            }
        });
    }
    storeSums<VALUE_GROUPS>(accumulated, dValues + (place.row + place.first) * in.valueWidth, in.valueWidth, own.count, column, [](int, int, E sum) {
        return sum;
    });
}

/**
 * Gradient of a slab of columns of a tile of query rows (QUERIES) or key rows: with g_ij = a_ij·(dSums_i·V_j − products_i) and x_i the query, y_j the key rows,
 * Σ_j g_ij y_j, and w·Σ_j g_ij (y_j − x_i) for the points; the same with queries and keys exchanged.
 *
 * @param dPointWeight where slab 0 of the queries leaves its part of the gradient of the point weight
 */
template <bool QUERIES, typename E>
__device__ __forceinline__ void keyGradients(const Backward<E>& in, int head, int slab, E* gradients, E* dPointWeight, E* memory) {
    Buffers<E> buffers{memory, 0};
    E* tile = memory + 2 * Sizes<E>::BUFFER;
    int column = slab * KEY_GROUPS * Sizes<E>::GROUP;
    Place place(in.offsets, in.residues, head);
    double distanceGradient = 0;
    if (place.first < place.length) {
        const E* ownRows = QUERIES ? in.queries : in.keys;
        const E* otherRows = QUERIES ? in.keys : in.queries;
        const E* otherOuterRows = QUERIES ? in.values : in.dSums;
        KeyColumns<E> columns(in.logitColumns, in.keyWidth, in.pointWeights[head]);
        Chunks<E> valueColumns(0, in.valueWidth);
        RowTile<E> own = place.tile(ownRows, in.keyWidth, place.first);
        RowTile<E> ownOuter = place.tile(QUERIES ? in.dSums : in.values, in.valueWidth, place.first);
        E accumulated[ROWS][KEY_GROUPS * Sizes<E>::VECTOR];
        E total[ROWS];
        clearSums(accumulated);
#pragma unroll
        for (int i = 0; i < ROWS; i++) {
            total[i] = 0;
        }
        copyPair(buffers.next(), own, place.tile(otherRows, in.keyWidth, 0), columns.points, 0);
        for (int from = 0; from < place.length; from += TILE) {
            RowTile<E> other = place.tile(otherRows, in.keyWidth, from);
            RowTile<E> otherOuter = place.tile(otherOuterRows, in.valueWidth, from);
            int64_t queryRow = place.row + (QUERIES ? place.first : from);
            int queryCount = QUERIES ? own.count : other.count;
            E weight[ROWS][ROWS];
            logits(weight, buffers, own, other, columns, QUERIES ? tile : static_cast<E*>(nullptr), [&] {
                copyPair(buffers.next(), ownOuter, otherOuter, valueColumns, 0);
            });
            toWeights<QUERIES>(weight, in, queryRow, queryCount, other.count);
            E gradient[ROWS][ROWS];
            products(gradient, buffers, ownOuter, otherOuter, valueColumns, [&] {
                copyRows<KEY_GROUPS>(buffers.next(), other, 0, column);
            });
            E product[ROWS];
            loadQueryValues(product, in.products, queryRow, queryCount, QUERIES ? threadRow() : threadColumn());
            E part = 0;
#pragma unroll
            for (int i = 0; i < ROWS; i++) {
#pragma unroll
                for (int j = 0; j < ROWS; j++) {
                    E g = weight[i][j] * (gradient[i][j] - product[QUERIES ? i : j]);
                    if (QUERIES) {
                        part += g * entry(tile, i, j);
                    }
                    total[i] += g;
                    entry(tile, i, j) = g;
                }
            }
            distanceGradient += part;
            addRows<KEY_GROUPS>(accumulated, buffers, tile, other, column, [&] {
                if (from + TILE < place.length) {
                    copyPair(buffers.next(), own, place.tile(otherRows, in.keyWidth, from + TILE), columns.points, 0);
                }
            });
        }
#pragma unroll
        for (int i = 0; i < ROWS; i++) {
            total[i] = laneSum<SIDE>(total[i]);
        }
        storeSums<KEY_GROUPS>(accumulated, gradients + (place.row + place.first) * in.keyWidth, in.keyWidth, own.count, column, [&](int i, int at, E sum) {
            if (at < in.logitColumns) {
                return sum;
            }
            E point = own.rows[static_cast<int64_t>(threadRow() + i * SIDE) * own.width + at];
            return in.pointWeights[head] * (sum - point * total[i]);
        });
    }
    if (QUERIES && slab == 0) {
        distanceGradient = blockSum<THREADS>(distanceGradient);
        if (threadIdx.x == 0) {
            *dPointWeight = static_cast<E>(-0.5 * distanceGradient);
        }
    }
}

/** Three kinds of blocks along y: for query rows, for key rows (keySlabs per head each), for value rows (valueSlabs per head). */
template <typename E>
__device__ __forceinline__ void backward(const Backward<E>& in, int heads, int keySlabs, int valueSlabs, E* dQueries, E* dKeys, E* dValues, E* dPointWeights) {
    SHARED_MEMORY(memory);
    E* shared = reinterpret_cast<E*>(memory);
    int task = blockIdx.y;
    if (task < heads * keySlabs) {
        int head = task / keySlabs;
        int parts = gridDim.x * gridDim.z;
        E* part = dPointWeights + static_cast<int64_t>(head) * parts + blockIdx.z * gridDim.x + blockIdx.x;
        keyGradients<true>(in, head, task % keySlabs, dQueries, part, shared);
    } else if (task < 2 * heads * keySlabs) {
        task -= heads * keySlabs;
        keyGradients<false>(in, task / keySlabs, task % keySlabs, dKeys, static_cast<E*>(nullptr), shared);
    } else {
        task -= 2 * heads * keySlabs;
        valueGradients(in, task / valueSlabs, task % valueSlabs, dValues, shared);
    }
}

} // namespace exact

/*
 * 256 threads; dynamic shared memory: two buffers of 18 KiB and a tile of logits, 54272 bytes (f32), 70656 bytes (f64). offsets: int32 [B + 1].
 * forward: grid (tiles of the longest sequence, heads·slabs, B), slab = 256 (f32) or 128 (f64) columns of the value rows.
 * backward: grid (tiles of the longest sequence, heads·(2·keySlabs + valueSlabs), B), keySlab = 192 (f32) or 96 (f64) columns; dPointWeights [heads, x·z of
 * the grid]. Registers for sm_90a: f32 128 (the limit for two blocks per multiprocessor; backward spills 8 loop invariants), f64 up to 255.
 */
#define EXACT_KERNELS(E, TYPE, BLOCKS) \
    KERNEL(exact::THREADS, BLOCKS) \
    attention_exact_forward_##TYPE(const int* __restrict__ offsets, int residues, int logitColumns, int keyWidth, int valueWidth, int slabs, \
        const E* __restrict__ pointWeights, const E* __restrict__ queries, const E* __restrict__ keys, const E* __restrict__ values, E* __restrict__ sums, \
        E* __restrict__ maxima, E* __restrict__ inverseSums) { \
        awaitPrevious(); \
        exact::forward<E>(offsets, residues, logitColumns, keyWidth, valueWidth, slabs, pointWeights, queries, keys, values, sums, maxima, inverseSums); \
    } \
    EXPORT(attention_exact_forward_##TYPE) \
    KERNEL(exact::THREADS, BLOCKS) \
    attention_exact_backward_##TYPE(const int* __restrict__ offsets, int residues, int logitColumns, int keyWidth, int valueWidth, int heads, int keySlabs, \
        int valueSlabs, const E* __restrict__ pointWeights, const E* __restrict__ queries, const E* __restrict__ keys, const E* __restrict__ values, \
        const E* __restrict__ maxima, const E* __restrict__ inverseSums, const E* __restrict__ dSums, const E* __restrict__ products, \
        E* __restrict__ dQueries, \
        E* __restrict__ dKeys, E* __restrict__ dValues, E* __restrict__ dPointWeights) { \
        awaitPrevious(); \
        exact::backward<E>({offsets, residues, logitColumns, keyWidth, valueWidth, pointWeights, queries, keys, values, maxima, inverseSums, dSums, \
            products}, heads, \
            keySlabs, valueSlabs, dQueries, dKeys, dValues, dPointWeights); \
    } \
    EXPORT(attention_exact_backward_##TYPE)

EXACT_KERNELS(float, f32, 2)
EXACT_KERNELS(double, f64, 1)
