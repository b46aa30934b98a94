// A job that only waits for a moment is kept by the alarm that will wake it.
#include "bindings/alarm_clock.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/exec/alarm.hpp"

#include "bindings/gil.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <vector>

namespace stoplog::python {
namespace {

Alarm* alarm = nullptr;  // made on first use; kept until the process ends

}  // namespace

Deadline moment_of(WallTime at) {
    constexpr std::int64_t kFarthest = 1'000'000'000'000'000'000;  // some thirty years
    if (is_clock_manual()) {
        return std::nullopt;
    }
    const std::int64_t left = std::clamp<std::int64_t>(at - now_wall(), 0, kFarthest);
    return std::chrono::steady_clock::now() + std::chrono::nanoseconds(left) +
           std::chrono::milliseconds(1);
}

Deadline earlier(const Deadline& a, const Deadline& b) {
    if (!a || !b) {
        return a ? a : b;
    }
    return std::min(*a, *b);
}

void JobHandle::fell_asleep() {
    set_alarm();
    notify();
}

// Whoever waits for a sequential job looks by itself; for all others the alarm's thread comes.
void JobHandle::set_alarm() {
    const WallTime due = next_due();
    if (due == 0 || run_ == Run::Sequential || must_stop() || (alarm_ != 0 && alarm_ <= due)) {
        return;
    }
    if (alarm == nullptr) {
        alarm = new Alarm;
    }
    auto kept = std::make_shared<Ref>(Ref::steal(job_object(*this)));  // until then it must live
    try {
        alarm->set(due, [this, kept]() mutable {
            const PyGILState_STATE state = PyGILState_Ensure();
            rung();
            kept.reset();
            PyGILState_Release(state);
        });
        alarm_ = due;
    } catch (const std::system_error&) {  // no thread could be had: whoever waits tries again
        alarm_ = 0;
    }
}

void JobHandle::rung() {
    alarm_ = 0;
    ring();
    try {
        activate();
    } catch (const StateError&) {
        alarm_ = 0;  // nobody runs it any more: it stays queued
    }
    notify();
}

bool JobHandle::waits_for_due() const { return !must_stop() && next_due() != 0; }

// A clock that nobody moves is moved by whoever waits for it.
void JobHandle::wait_due(const Deadline& deadline) {
    const WallTime due = next_due();
    if (is_clock_manual() && now_wall() < due) {
        move_clock(Job::deadline() == 0 ? due : std::min(due, Job::deadline()));
        if (now_wall() < due) {
            return;
        }
    }
    if (run_ != Run::Sequential) {
        wait_change(deadline);
        return;
    }
    if (now_wall() < due) {
        wait_change(earlier(deadline, moment_of(due)));
    }
    ring();
}

void move_clock(WallTime at) {
    set_clock(at);
    if (alarm != nullptr) {
        alarm->look();
    }
    notify_live_jobs();
}

void stop_alarm() {
    if (alarm == nullptr) {
        return;
    }
    std::vector<Alarm::Task> left;  // what they hold goes with the GIL
    {
        const WithoutGil others;
        left = alarm->stop();
    }
}

void forget_alarm() { alarm = nullptr; }  // its lock may be held by a thread that is not here

}  // namespace stoplog::python
