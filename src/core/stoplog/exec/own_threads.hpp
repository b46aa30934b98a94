// Runners on threads of our own: one is started for each that is sent for.
//
// A crew may be dropped by the last of its own runners, which cannot join itself: so all crews
// share the threads, and who comes later joins the finished ones, at last the end of the process.
#pragma once

#include "stoplog/exec/background.hpp"
#include "stoplog/exec/crew.hpp"

#include <functional>
#include <utility>

namespace stoplog {

class OwnThreads final : public Threads {
public:
    void start(std::function<void()> run) override {
        static Background all;
        all.submit(std::move(run));
    }
};

}  // namespace stoplog
