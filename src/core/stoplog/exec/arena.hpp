// Runners on the workers of a oneTBB arena.
#pragma once

#include "stoplog/exec/crew.hpp"

#include <cstdint>
#include <functional>

namespace stoplog {

class Arena final : public Threads {
public:
    explicit Arena(std::uint32_t workers);
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena() override;

    void start(std::function<void()> run) override;

    /// At the end of the process, when nothing runs on any arena.
    static void join_workers() noexcept;

private:
    void* arena_;
};

}  // namespace stoplog
