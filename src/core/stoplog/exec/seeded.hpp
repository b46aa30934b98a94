// Threads of which one goes on at a time: a seed says which, at every point where they may meet.
//
// The same seed gives the same interleaving, as long as what the threads do depends on nothing
// else. The thread that called `begin` takes part like the others. Requires: no member waits for
// another one in any way that is not a point.
#pragma once

#include "stoplog/base/point.hpp"
#include "stoplog/exec/crew.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace stoplog {

/// What a member gives up while others have their turn (in Python: the GIL), and takes back.
struct TurnHooks {
    void* (*before_wait)() = [] { return static_cast<void*>(nullptr); };
    void (*after_wait)(void* given_up) = [](void*) {};
};

class Seeded final : public Threads {
public:
    explicit Seeded(std::uint64_t seed, TurnHooks hooks = {});
    Seeded(const Seeded&) = delete;
    Seeded& operator=(const Seeded&) = delete;
    /// Requires: `end` was called where `begin` was.
    ~Seeded() override;

    void start(std::function<void()> run) override;

    /// This thread takes part, and goes on first.
    void begin();
    /// Others may go on.
    void yield();
    /// Lets the others go on until they have finished; this thread takes part no more.
    void end();
    /// The next number of the seed's sequence.
    [[nodiscard]] std::uint64_t draw();

private:
    class Member;
    void wait_for_turn(Member& member);
    void pass_on(Member& member, Point point);
    void finish(Member& member);
    [[nodiscard]] Member& choose(const Member* other_than);
    [[nodiscard]] std::uint64_t draw_locked();

    TurnHooks hooks_;
    std::mutex mutex_;  // of the baton itself: no point
    std::condition_variable turned_;
    std::uint64_t state_;
    std::vector<std::unique_ptr<Member>> members_;
    Member* turn_ = nullptr;
    Member* first_ = nullptr;
};

}  // namespace stoplog
