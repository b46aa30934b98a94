// A baton: whoever has it runs, and gives it to the member that the seed names.
#include "stoplog/exec/seeded.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace stoplog {

class Seeded::Member final : public Interleaver {
public:
    explicit Member(Seeded& all) : all_(all) {}
    void reached(Point point) override { all_.pass_on(*this, point); }
    std::size_t pick(std::size_t count) override {
        return static_cast<std::size_t>(all_.draw() % count);
    }

    std::thread thread;
    bool has_finished = false;

private:
    Seeded& all_;
};

Seeded::Seeded(std::uint64_t seed, TurnHooks hooks) : hooks_(hooks), state_(seed) {}

Seeded::~Seeded() {
    for (const std::unique_ptr<Member>& member : members_) {
        if (member->thread.joinable()) {
            member->thread.join();
        }
    }
}

// SplitMix64: every seed is as good as another.
std::uint64_t Seeded::draw_locked() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBULL;
    return mixed ^ (mixed >> 31U);
}

std::uint64_t Seeded::draw() {
    const std::lock_guard lock(mutex_);
    return draw_locked();
}

// The starter still has its turn, so members come in an order that the seed alone decides.
void Seeded::start(std::function<void()> run) {
    auto member = std::make_unique<Member>(*this);
    Member& made = *member;
    {
        const std::lock_guard lock(mutex_);
        members_.push_back(std::move(member));
    }
    made.thread = std::thread([this, &made, run = std::move(run)]() mutable {
        wait_for_turn(made);
        interleaver = &made;
        run();
        run = nullptr;
        interleaver = nullptr;
        finish(made);
    });
}

void Seeded::begin() {
    const std::lock_guard lock(mutex_);
    first_ = members_.emplace_back(std::make_unique<Member>(*this)).get();
    turn_ = first_;
    interleaver = first_;
}

void Seeded::yield() { pass_on(*first_, Point::Blocked); }

void Seeded::end() {
    const auto has_others = [this] {
        const std::lock_guard lock(mutex_);
        return std::ranges::any_of(members_, [this](const std::unique_ptr<Member>& member) {
            return member.get() != first_ && !member->has_finished;
        });
    };
    while (has_others()) {
        yield();
    }
    interleaver = nullptr;
    const std::lock_guard lock(mutex_);
    first_->has_finished = true;
    turn_ = nullptr;
}

Seeded::Member& Seeded::choose(const Member* other_than) {
    std::vector<Member*> able;
    for (const std::unique_ptr<Member>& member : members_) {
        if (!member->has_finished && member.get() != other_than) {
            able.push_back(member.get());
        }
    }
    return *able[draw_locked() % able.size()];
}

void Seeded::wait_for_turn(Member& member) {
    void* const given_up = hooks_.before_wait();
    {
        std::unique_lock lock(mutex_);
        turned_.wait(lock, [&] { return turn_ == &member; });
    }
    hooks_.after_wait(given_up);
}

// Who is blocked cannot go on before another one did.
void Seeded::pass_on(Member& member, Point point) {
    {
        const std::lock_guard lock(mutex_);
        const bool is_alone = std::ranges::count_if(members_, [](const auto& known) {
                                  return !known->has_finished;
                              }) == 1;
        Member& next = choose(point == Point::Blocked && !is_alone ? &member : nullptr);
        if (&next == &member) {
            return;
        }
        turn_ = &next;
        turned_.notify_all();
    }
    wait_for_turn(member);
}

void Seeded::finish(Member& member) {
    const std::lock_guard lock(mutex_);
    member.has_finished = true;
    turn_ = &choose(&member);
    turned_.notify_all();
}

}  // namespace stoplog
