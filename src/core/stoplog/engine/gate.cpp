// Closing, and who pays for it.
#include "stoplog/engine/gate.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/base/mutex.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

#ifdef __linux__
#  include <linux/membarrier.h>
#  include <sys/syscall.h>
#  include <unistd.h>
#endif

namespace stoplog {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): one per thread, by design
thread_local constinit Passage* own_passage = nullptr;

namespace {

bool call_barrier(int command) noexcept {
#ifdef __linux__
    return syscall(SYS_membarrier, command, 0, 0) == 0;
#else
    static_cast<void>(command);
    return false;
#endif
}

bool register_barrier() noexcept {
#ifdef __linux__
    return call_barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
#else
    return false;
#endif
}

// A child of fork may have to register anew.
bool barrier_in_all_threads() noexcept {
#ifdef __linux__
    return call_barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) ||
           (register_barrier() && call_barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED));
#else
    return false;
#endif
}

Fencing find_fencing() noexcept {
    const char* const asked =
        std::getenv("STOPLOG_GATE");  // NOLINT(concurrency-mt-unsafe): at load
    if (asked != nullptr && std::string_view(asked) == "fences") {
        return Fencing::Everybody;
    }
    return register_barrier() && barrier_in_all_threads() ? Fencing::Closer : Fencing::Everybody;
}

struct ListedPassage : Passage {
    const ListedPassage* older = nullptr;  // never changes once it is listed
    ListedPassage* next_free = nullptr;
};

// All passages that ever were: one that a thread gave back waits here for the next thread, so a
// closer may look at any of them at any time. It takes no lock and no memory: what it cannot see
// yet belongs to a thread that will see the gate closed.
class Passages {
public:
    ListedPassage* take() {
        const MutexLock lock(mutex_);
        if (free_ != nullptr) {
            return std::exchange(free_, free_->next_free);
        }
        auto* const made = new ListedPassage;  // NOLINT(cppcoreguidelines-owning-memory)
        made->older = newest_.load(std::memory_order_relaxed);
        newest_.store(made, std::memory_order_seq_cst);
        return made;
    }
    void give_back(ListedPassage* passage) {
        const MutexLock lock(mutex_);
        passage->next_free = std::exchange(free_, passage);
    }
    [[nodiscard]] const ListedPassage* newest() const {
        return newest_.load(std::memory_order_seq_cst);
    }

private:
    std::atomic<const ListedPassage*> newest_{nullptr};
    Mutex mutex_;
    ListedPassage* free_ STOPLOG_GUARDED_BY(mutex_) = nullptr;
};

// Never destroyed: threads may end after the static objects of the process.
Passages& passages() {
    static auto* const all = new Passages;  // NOLINT(cppcoreguidelines-owning-memory): see above
    return *all;
}

struct Lease {
    Lease() : passage(passages().take()) { own_passage = passage; }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
        own_passage = nullptr;
        passages().give_back(passage);
    }
    ListedPassage* passage;
};

}  // namespace

const Fencing gate_detail::kFencing = find_fencing();

void take_passage() {
    if (own_passage == nullptr) {
        static thread_local const Lease lease;
        own_passage = lease.passage;
    }
}

// A cut takes microseconds, a wake-up longer: spin first, and sleep only where the closer has lost
// its core.
void Gate::wait_until_open() noexcept {
    constexpr unsigned kPatience = 1000;
    waiting_.fetch_add(1, std::memory_order_relaxed);
    for (unsigned tries = 0; is_closed_.load(std::memory_order_acquire); ++tries) {
        if (tries < kPatience || interleaver != nullptr) {
            give_way(interleaver != nullptr ? tries : tries % 64);
        } else {
            is_closed_.wait(true, std::memory_order_acquire);
        }
    }
    waiting_.fetch_sub(1, std::memory_order_relaxed);
}

// Whoever waited at the last cut commits before the next one: cuts back to back would starve them.
void Gate::let_waiting_pass() noexcept {
    constexpr unsigned kTurns = 100;
    for (unsigned turn = 0; turn < kTurns; ++turn) {
        if (waiting_.load(std::memory_order_relaxed) == 0) {
            return;
        }
        if (turn < kTurns / 2 || interleaver != nullptr) {
            give_way(kTurns);
        } else {
            std::this_thread::sleep_for(std::chrono::microseconds(20));
        }
    }
}

void Gate::close() {
    reach(Point::Gate);
    closer_.lock();
    let_waiting_pass();
    is_closed_.store(true, std::memory_order_seq_cst);
    if (gate_detail::kFencing == Fencing::Closer && !barrier_in_all_threads()) {
        const int reason = errno;
        open();
        throw StateError(
            join("a job with many runners could not be cut: the system refused a "
                 "memory barrier (",
                 std::strerror(reason),  // NOLINT(concurrency-mt-unsafe)
                 "); start with STOPLOG_GATE=fences in the environment"));
    }
    wait_until_left(door_);
    for (const ListedPassage* each = passages().newest(); each != nullptr; each = each->older) {
        wait_until_left(*each);
    }
}

void Gate::wait_until_left(const Passage& passage) const noexcept {
    for (unsigned tries = 0; passage.inside.load(std::memory_order_seq_cst) == this; ++tries) {
        give_way(tries);
    }
}

void Gate::open() noexcept {
    is_closed_.store(false, std::memory_order_release);
    is_closed_.notify_all();
    closer_.unlock();
}

}  // namespace stoplog
