/*
 * Runs kernels on the CPU. A block is a set of fibers, one for each thread, on stacks of their own. A thread gives way only where it must wait for others (barrier,
 * warp operation), and a thread that ends leaves its stack to the next: a kernel without waiting runs as one loop. Blocks run one after another.
 *
 * More is an error here than on a device: waiting for threads that have returned or wait elsewhere, misaligned or foreign addresses of ldmatrix and asynchronous
 * copies, misaligned accesses, null pointers, indices outside an array in a kernel, writing past the end of dynamic shared memory. Shared memory holds NaN at the start of each block, and asynchronous copies arrive as late as they may.
 *
 * With BINDRAE_EMULATOR_SHUFFLE=seed in the environment the order of threads and the arrival of asynchronous copies are random, so that results differ where a
 * barrier is missing.
 */
#include "device.h"

#include "mma.h"

#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <map>
#include <mutex>
#include <string>
#include <vector>

#define EXPORTED extern "C" __attribute__((visibility("default")))

extern "C" void bindraeSwitch(void** saved, void* next);

asm(R"(
    .text
    .hidden bindraeSwitch
    .globl bindraeSwitch
    .type bindraeSwitch, @function
bindraeSwitch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size bindraeSwitch, .-bindraeSwitch
)");

namespace bindrae::emulator {

uint3 thread;
uint3 block;
uint3 blockSize;
uint3 gridSize;
unsigned char* dynamicShared;

namespace {

constexpr unsigned MAX_THREADS = 1024;
constexpr unsigned NAMED_BARRIERS = 16;
constexpr unsigned MAX_SHARED = 227 * 1024;
constexpr size_t RED_ZONE = 4096;
constexpr size_t STACK = 512 * 1024;
constexpr size_t PAGE = 4096;
constexpr unsigned char UNSET = 0xFF;
constexpr unsigned char FORBIDDEN = 0xA5;
/** Blocks of a launch after which it is looked which static shared memory the kernel uses. */
constexpr unsigned WATCHED_BLOCKS = 2;

struct Kernel {
    void (*call)(void**);
    unsigned maxThreads;
    Parameters parameters;
};

std::map<std::string, Kernel>& kernels() {
    static std::map<std::string, Kernel> registered;
    return registered;
}

/** What KERNEL said since the last EXPORT. */
std::vector<unsigned>& bounds() {
    static std::vector<unsigned> unclaimed;
    return unclaimed;
}

struct Copy {
    void* shared;
    const void* global;
    unsigned bytes;
    bool valid;
    unsigned group;
};

enum class State { NEW, READY, BARRIER, NAMED_BARRIER, COLLECTIVE, RETURNED };

struct Fiber {
    State state;
    uint3 index;
    void* stackPointer;
    unsigned char* stack;
    std::vector<Copy> copies;
    unsigned group;
};

/** A barrier for some of the threads: how many, and those who wait. */
struct NamedBarrier {
    unsigned count;
    std::vector<unsigned> waiting;
};

/** A warp operation that some lanes have reached. */
struct Meeting {
    const Collective* what;
    unsigned mask;
    unsigned arrived;
    void* operands[32];
};

Fiber fibers[MAX_THREADS];
std::vector<Meeting> meetings[MAX_THREADS / 32];
NamedBarrier namedBarriers[NAMED_BARRIERS];
unsigned threads;
unsigned current;
unsigned returned;
/** Threads that have called awaitPrevious. */
unsigned awaiting;
unsigned atBarrier;
void* mainStackPointer;
std::vector<unsigned char*> freeStacks;

/** The threads that can go on, oldest first: a ring. */
unsigned ready[MAX_THREADS];
unsigned readyFirst;
unsigned readyCount;

bool shuffled;
uint64_t randomState;

Kernel* kernel;
const char* kernelName;
void** arguments;
bool failed;
std::string message;

unsigned char* sharedZone;
unsigned sharedBytes;
unsigned char* staticShared;
size_t staticBytes;

thread_local volatile unsigned char anchor;

unsigned random() {
    randomState ^= randomState << 13;
    randomState ^= randomState >> 7;
    randomState ^= randomState << 17;
    return static_cast<unsigned>(randomState >> 32);
}

void makeReady(unsigned id) {
    ready[(readyFirst + readyCount++) % MAX_THREADS] = id;
}

unsigned takeReady() {
    if (shuffled) {
        std::swap(ready[readyFirst], ready[(readyFirst + random() % readyCount) % MAX_THREADS]);
    }
    unsigned id = ready[readyFirst];
    readyFirst = (readyFirst + 1) % MAX_THREADS;
    readyCount--;
    return id;
}

std::string format(const char* text, va_list values) {
    char line[1024];
    vsnprintf(line, sizeof line, text, values);
    return line;
}

std::string format(const char* text, ...) __attribute__((format(printf, 1, 2)));
std::string format(const char* text, ...) {
    va_list values;
    va_start(values, text);
    std::string line = format(text, values);
    va_end(values);
    return line;
}

void failed_(const std::string& what) {
    message = format("kernel %s, block (%u, %u, %u): ", kernelName, block.x, block.y, block.z) + what;
    failed = true;
}

/** Of a block whose threads all wait. */
std::string whatIsAwaited() {
    std::string text = "its threads wait for each other:";
    if (atBarrier > 0) {
        unsigned first = 0;
        while (fibers[first].state != State::BARRIER) {
            first++;
        }
        text += format(" %u at __syncthreads (thread %u first),", atBarrier, first);
    }
    for (unsigned id = 0; id < NAMED_BARRIERS; id++) {
        if (!namedBarriers[id].waiting.empty()) {
            text += format(" %zu of %u at barrier %u (thread %u first),", namedBarriers[id].waiting.size(), namedBarriers[id].count, id,
                namedBarriers[id].waiting.front());
        }
    }
    int told = 0;
    for (unsigned warp = 0; warp * 32 < threads && told < 3; warp++) {
        for (const Meeting& meeting : meetings[warp]) {
            text += format(" lanes %08x of warp %u at %s for lanes %08x,", meeting.arrived, warp, meeting.what->name, meeting.mask);
            told++;
        }
    }
    return text + format(" %u of %u have returned", returned, threads);
}

void resume(unsigned id) {
    current = id;
    thread = fibers[id].index;
    fibers[id].state = State::READY;
}

/** What a stack runs: threads that have not begun, until one ends while only begun ones can go on. */
void loop() {
    while (true) {
        kernel->call(arguments);
        Fiber& fiber = fibers[current];
        fiber.state = State::RETURNED;
        returned++;
        void* next = mainStackPointer;
        if (readyCount > 0) {
            unsigned id = takeReady();
            bool begins = fibers[id].state == State::NEW;
            unsigned char* stack = fiber.stack;
            resume(id);
            if (begins) {
                fibers[id].stack = stack;
                continue;
            }
            freeStacks.push_back(stack);
            next = fibers[id].stackPointer;
        } else {
            freeStacks.push_back(fiber.stack);
            if (returned < threads) {
                failed_(whatIsAwaited());
            }
        }
        void* unused;
        bindraeSwitch(&unused, next);
    }
}

unsigned char* takeStack() {
    if (!freeStacks.empty()) {
        unsigned char* stack = freeStacks.back();
        freeStacks.pop_back();
        return stack;
    }
    void* memory = mmap(nullptr, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, PAGE, PROT_NONE) != 0) {
        fprintf(stderr, "emulator: no memory for the stack of a thread\n");
        abort();
    }
    return static_cast<unsigned char*>(memory);
}

/** The stack pointer of a new stack: as bindraeSwitch leaves it, with loop as the place to return to. */
void* begin(unsigned id) {
    fibers[id].stack = takeStack();
    void** top = reinterpret_cast<void**>(fibers[id].stack + STACK);
    *--top = nullptr; // what loop would return to: it never does
    *--top = reinterpret_cast<void*>(&loop);
    for (int saved = 0; saved < 6; saved++) {
        *--top = nullptr;
    }
    return top;
}

/** Lets others go on until this thread is ready again. */
void giveWay() {
    unsigned self = current;
    if (readyCount == 0) {
        fail("%s", whatIsAwaited().c_str());
    }
    unsigned id = takeReady();
    if (id == self) {
        resume(self);
        return;
    }
    void* next = fibers[id].state == State::NEW ? begin(id) : fibers[id].stackPointer;
    resume(id);
    bindraeSwitch(&fibers[self].stackPointer, next);
}

/** After releasing others. */
void goOn() {
    if (shuffled) {
        makeReady(current);
        giveWay();
    }
}

int findStatics(dl_phdr_info* info, size_t, void* module) {
    uintptr_t here = reinterpret_cast<uintptr_t>(&kernels);
    const ElfW(Phdr)* tls = nullptr;
    bool ours = false;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr)& segment = info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + segment.p_vaddr;
        ours |= segment.p_type == PT_LOAD && here >= start && here < start + segment.p_memsz;
        if (segment.p_type == PT_TLS) {
            tls = &segment;
        }
    }
    if (ours && tls != nullptr) {
        staticShared = static_cast<unsigned char*>(info->dlpi_tls_data);
        staticBytes = tls->p_memsz;
    }
    (void)module;
    return ours;
}

/** Whether the bytes lie in shared memory of this block. */
bool isShared(const void* address, size_t bytes) {
    const unsigned char* first = static_cast<const unsigned char*>(address);
    return (first >= dynamicShared && first + bytes <= dynamicShared + sharedBytes) || (first >= staticShared && first + bytes <= staticShared + staticBytes);
}

void runBlock() {
    readyFirst = 0;
    readyCount = 0;
    returned = 0;
    awaiting = 0;
    atBarrier = 0;
    for (NamedBarrier& barrier : namedBarriers) {
        barrier.waiting.clear();
    }
    for (unsigned id = 0; id < threads; id++) {
        fibers[id].state = State::NEW;
        fibers[id].copies.clear();
        fibers[id].group = 0;
        makeReady(id);
    }
    unsigned id = takeReady();
    void* next = begin(id);
    resume(id);
    bindraeSwitch(&mainStackPointer, next);
}

bool isRedZoneWhole() {
    for (size_t i = 0; i < RED_ZONE; i++) {
        if (dynamicShared[sharedBytes + i] != FORBIDDEN) {
            failed_(format("writes past the end of its %u bytes of dynamic shared memory, at byte %zu", sharedBytes, sharedBytes + i));
            return false;
        }
        if (dynamicShared[-1 - static_cast<ptrdiff_t>(i)] != FORBIDDEN) {
            failed_(format("writes before dynamic shared memory, at byte -%zu", i + 1));
            return false;
        }
    }
    return true;
}

bool hasAwaited() {
    if (awaiting != threads) {
        failed_(format("%u of %u threads call awaitPrevious", awaiting, threads));
    }
    return !failed;
}

void runBlocks() {
    size_t first = 0;
    size_t last = staticBytes;
    unsigned count = 0;
    memset(sharedZone, FORBIDDEN, RED_ZONE);
    memset(dynamicShared + sharedBytes, FORBIDDEN, RED_ZONE);
    for (unsigned z = 0; z < gridSize.z; z++) {
        for (unsigned y = 0; y < gridSize.y; y++) {
            for (unsigned x = 0; x < gridSize.x; x++) {
                block = {x, y, z};
                memset(dynamicShared, UNSET, sharedBytes);
                memset(staticShared + first, UNSET, last - first);
                runBlock();
                if (failed || !isRedZoneWhole() || !hasAwaited()) {
                    return;
                }
                if (++count == WATCHED_BLOCKS) {
                    while (first < last && staticShared[first] == UNSET) {
                        first++;
                    }
                    while (first < last && staticShared[last - 1] == UNSET) {
                        last--;
                    }
                } else if (count < WATCHED_BLOCKS) {
                    first = 0;
                }
            }
        }
    }
}

} // namespace

Registration::Registration(const char* name, void (*call)(void**), Parameters parameters) {
    unsigned maxThreads = bounds().size() == 1 ? bounds()[0] : MAX_THREADS;
    bounds().clear();
    kernels()[name] = {call, maxThreads, parameters};
}

Bounds::Bounds(unsigned threads, unsigned, unsigned) {
    bounds().push_back(threads);
}

unsigned lane() {
    return current % 32;
}

void fail(const char* text, ...) {
    va_list values;
    va_start(values, text);
    std::string what = format(text, values);
    va_end(values);
    failed_(format("thread (%u, %u, %u): ", thread.x, thread.y, thread.z) + what);
    void* unused;
    bindraeSwitch(&unused, mainStackPointer);
    __builtin_unreachable();
}

void awaitPrevious() {
    awaiting++;
}

void syncThreads() {
    if (++atBarrier < threads) {
        fibers[current].state = State::BARRIER;
        giveWay();
        return;
    }
    atBarrier = 0;
    for (unsigned id = 0; id < threads; id++) {
        if (id != current) {
            makeReady(id);
        }
    }
    goOn();
}

void syncSome(unsigned id, unsigned count) {
    if (id == 0 || id >= NAMED_BARRIERS || count == 0 || count % 32 != 0) {
        fail("barrier %u for %u threads", id, count);
    }
    NamedBarrier& barrier = namedBarriers[id];
    if (!barrier.waiting.empty() && barrier.count != count) {
        fail("barrier %u for %u threads, while %zu threads wait at it for %u", id, count, barrier.waiting.size(), barrier.count);
    }
    if (barrier.waiting.size() + 1 < count) {
        barrier.count = count;
        barrier.waiting.push_back(current);
        fibers[current].state = State::NAMED_BARRIER;
        giveWay();
        return;
    }
    for (unsigned waiting : barrier.waiting) {
        makeReady(waiting);
    }
    barrier.waiting.clear();
    goOn();
}

void together(const Collective& collective, unsigned mask, void* operand) {
    unsigned self = lane();
    unsigned warp = current / 32;
    if ((mask >> self & 1) == 0) {
        fail("%s for lanes %08x called by lane %u", collective.name, mask, self);
    }
    std::vector<Meeting>& all = meetings[warp];
    size_t found = 0;
    while (found < all.size() && all[found].mask != mask) {
        found++;
    }
    if (found == all.size()) {
        all.push_back({&collective, mask, 0, {}});
    }
    Meeting& meeting = all[found];
    if (meeting.what != &collective) {
        fail("%s, while lanes %08x of the warp wait at %s", collective.name, meeting.arrived, meeting.what->name);
    }
    meeting.arrived |= 1u << self;
    meeting.operands[self] = operand;
    if (meeting.arrived != mask) {
        fibers[current].state = State::COLLECTIVE;
        giveWay();
        return;
    }
    collective.run(meeting.operands, mask);
    all.erase(all.begin() + static_cast<ptrdiff_t>(found));
    for (unsigned other = 0; other < 32; other++) {
        if (other != self && (mask >> other & 1) != 0) {
            makeReady(warp * 32 + other);
        }
    }
    goOn();
}

namespace {

void doNothing(void* const*, unsigned) {
}

void shuffleAll(void* const operands[32], unsigned mask) {
    for (unsigned lane = 0; lane < 32; lane++) {
        if ((mask >> lane & 1) != 0) {
            Shuffle* to = static_cast<Shuffle*>(operands[lane]);
            if ((mask >> to->from & 1) == 0) {
                fail("__shfl_sync for lanes %08x: lane %u asks for lane %d", mask, lane, to->from);
            }
            to->result = static_cast<Shuffle*>(operands[to->from])->value;
        }
    }
}

void voteAll(void* const operands[32], unsigned mask) {
    unsigned ballot = 0;
    for (unsigned lane = 0; lane < 32; lane++) {
        if ((mask >> lane & 1) != 0 && static_cast<Vote*>(operands[lane])->predicate) {
            ballot |= 1u << lane;
        }
    }
    for (unsigned lane = 0; lane < 32; lane++) {
        if ((mask >> lane & 1) != 0) {
            static_cast<Vote*>(operands[lane])->ballot = ballot;
        }
    }
}

} // namespace

const Collective SYNC_WARP = {"__syncwarp", doNothing};
const Collective SHUFFLE = {"__shfl_sync", shuffleAll};
const Collective VOTE = {"__ballot_sync", voteAll};

void checkShared(const char* what, const void* address, size_t bytes) {
    if (reinterpret_cast<uintptr_t>(address) % bytes != 0) {
        fail("%s: the address in shared memory is not aligned to %zu bytes (byte %td of dynamic shared memory)", what, bytes,
            static_cast<const unsigned char*>(address) - dynamicShared);
    }
    if (!isShared(address, bytes)) {
        fail("%s: the address is not in shared memory (byte %td of %u bytes of dynamic shared memory)", what, static_cast<const unsigned char*>(address) - dynamicShared,
            sharedBytes);
    }
}

namespace {

void carryOut(const Copy& copy) {
    if (copy.valid) {
        memcpy(copy.shared, copy.global, copy.bytes);
    } else {
        memset(copy.shared, 0, copy.bytes);
    }
}

} // namespace

void copyAsync(void* shared, const void* global, unsigned bytes, bool valid) {
    checkShared("copyAsync", shared, bytes);
    if (reinterpret_cast<uintptr_t>(global) % bytes != 0) {
        fail("copyAsync: the address in global memory is not aligned to %u bytes", bytes);
    }
    Fiber& fiber = fibers[current];
    Copy copy{shared, global, bytes, valid, fiber.group};
    if (shuffled && random() % 2 == 0) {
        carryOut(copy);
    } else {
        fiber.copies.push_back(copy);
    }
}

void copyAsyncCommit() {
    fibers[current].group++;
}

void copyAsyncWait(unsigned newest) {
    Fiber& fiber = fibers[current];
    size_t done = 0;
    while (done < fiber.copies.size() && fiber.copies[done].group + newest < fiber.group) {
        carryOut(fiber.copies[done++]);
    }
    fiber.copies.erase(fiber.copies.begin(), fiber.copies.begin() + static_cast<ptrdiff_t>(done));
}

} // namespace bindrae::emulator

using namespace bindrae::emulator;

/** Where the compiler found something to check (-fsanitize=alignment,null,bounds): the beginnings of what it passes to these two functions. */
struct CheckedPlace {
    const char* file;
    uint32_t line;
    uint32_t column;
};

struct CheckedAddress {
    CheckedPlace place;
    const void* type;
    unsigned char logAlignment;
};

extern "C" void __ubsan_handle_type_mismatch_v1(CheckedAddress* access, uintptr_t address) {
    const CheckedPlace& at = access->place;
    if (address == 0) {
        fail("%s:%u: access to a null pointer", at.file, at.line);
    }
    fail("%s:%u: access to address %#zx, which is not aligned to %u bytes", at.file, at.line, static_cast<size_t>(address), 1u << access->logAlignment);
}

extern "C" void __ubsan_handle_out_of_bounds(CheckedPlace* at, uintptr_t index) {
    fail("%s:%u: index %td is outside its array", at->file, at->line, static_cast<ptrdiff_t>(index));
}

/** Whether there is a kernel of that name. */
EXPORTED int bindrae_emulator_has(const char* name) {
    return kernels().count(name) > 0 ? 1 : 0;
}

/** How many parameters a kernel has, and the bytes of each where there is room; -1 when there is no kernel of that name. */
EXPORTED int bindrae_emulator_parameters(const char* name, int* sizes, int room) {
    auto found = kernels().find(name);
    if (found == kernels().end()) {
        return -1;
    }
    const Parameters& parameters = found->second.parameters;
    for (int i = 0; i < static_cast<int>(parameters.count) && i < room; i++) {
        sizes[i] = static_cast<int>(parameters.sizes[i]);
    }
    return static_cast<int>(parameters.count);
}

/** The names of all kernels, one a line; valid until the next call. */
EXPORTED const char* bindrae_emulator_kernels() {
    static std::string names;
    names.clear();
    for (const auto& entry : kernels()) {
        names += entry.first + "\n";
    }
    return names.c_str();
}

/** What the last launch failed of; valid until the next launch. */
EXPORTED const char* bindrae_emulator_error() {
    return message.c_str();
}

/** Runs a kernel to its end; args[i] points to the argument i. 0 when it went well, otherwise bindrae_emulator_error says what went wrong. */
EXPORTED int bindrae_emulator_launch(const char* name, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ,
    unsigned dynamicBytes, void** args) {
    static std::mutex oneLaunch;
    std::lock_guard<std::mutex> guard(oneLaunch);
    message.clear();
    failed = false;
    auto found = kernels().find(name);
    if (found == kernels().end()) {
        message = std::string("there is no kernel ") + name + " in the emulator";
        return 1;
    }
    kernel = &found->second;
    kernelName = found->first.c_str();
    arguments = args;
    uint64_t size = static_cast<uint64_t>(blockX) * blockY * blockZ;
    if (size == 0 || size > kernel->maxThreads) {
        message = format("kernel %s: a block of %u×%u×%u threads, the kernel takes 1 to %u", kernelName, blockX, blockY, blockZ, kernel->maxThreads);
        return 1;
    }
    if (gridX == 0 || gridY == 0 || gridZ == 0 || gridX > 0x7FFFFFFFu || gridY > 65535 || gridZ > 65535) {
        message = format("kernel %s: a grid of %u×%u×%u blocks", kernelName, gridX, gridY, gridZ);
        return 1;
    }
    if (dynamicBytes > MAX_SHARED) {
        message = format("kernel %s: %u bytes of dynamic shared memory, a block has at most %u", kernelName, dynamicBytes, MAX_SHARED);
        return 1;
    }
    if (sharedZone == nullptr) {
        sharedZone = static_cast<unsigned char*>(aligned_alloc(1024, MAX_SHARED + 2 * RED_ZONE));
        dynamicShared = sharedZone + RED_ZONE;
    }
    anchor = UNSET;
    staticBytes = 0;
    dl_iterate_phdr(findStatics, nullptr);
    sharedBytes = dynamicBytes;
    threads = static_cast<unsigned>(size);
    gridSize = {gridX, gridY, gridZ};
    blockSize = {blockX, blockY, blockZ};
    for (unsigned id = 0; id < threads; id++) {
        fibers[id].index = {id % blockX, id / blockX % blockY, id / (blockX * blockY)};
    }
    const char* seed = getenv("BINDRAE_EMULATOR_SHUFFLE");
    shuffled = seed != nullptr && *seed != 0;
    if (shuffled) {
        randomState = randomState * 0x9E3779B97F4A7C15u + strtoull(seed, nullptr, 10) * 2 + 1;
    }
    runBlocks();
    if (failed) {
        for (std::vector<Meeting>& warp : meetings) {
            warp.clear();
        }
        for (unsigned id = 0; id < threads; id++) {
            State state = fibers[id].state;
            if (state != State::NEW && state != State::RETURNED) {
                freeStacks.push_back(fibers[id].stack);
            }
        }
    }
    return failed ? 1 : 0;
}
