// Runners on the workers of oneTBB: at most so many at once, whatever others do.
#pragma once

#include "stoplog/exec/crew.hpp"

#include <cstdint>
#include <functional>

namespace stoplog {

class Arena final : public Threads {
public:
    /// Throws ConfigurationError where the process would have too many.
    explicit Arena(std::uint32_t workers);
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena() override;

    void start(std::function<void()> run) override;

    /// At the end of the process, when nothing runs on any arena: none starts anything again.
    static void join_workers() noexcept;

private:
    std::uint32_t workers_;
};

}  // namespace stoplog
