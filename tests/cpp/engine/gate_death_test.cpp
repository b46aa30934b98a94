// A gate on a system that refuses its barrier.
#include "stoplog/base/error.hpp"
#include "stoplog/engine/gate.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdlib>

#ifdef __linux__
#  include <cerrno>
#  include <cstddef>
#  include <linux/filter.h>
#  include <linux/seccomp.h>
#  include <sys/prctl.h>
#  include <sys/syscall.h>
#endif

namespace stoplog::test {
namespace {

#ifdef __linux__
// From now on the system refuses this process any barrier.
bool refuse_barriers() {
    std::array<sock_filter, 4> filter{
        {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
         BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)}};
    const sock_fprog program{filter.size(), filter.data()};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// How a close ends without barriers; either way the gate is open afterwards.
enum Ending : std::uint8_t { kClosed, kTold, kNotRefused };
Ending close_refused() {
    Gate gate;
    if (!refuse_barriers()) {
        return kNotRefused;
    }
    Ending ending = kClosed;
    try {
        gate.close();
        gate.open();
    } catch (const StateError&) {
        ending = kTold;
    }
    gate.enter();
    gate.leave();
    return ending;
}

// Who asks for one is told; fences ask for none.
TEST(GateDeathTest, RefusedBarrierLeavesItOpen) {
    const Ending expected = gate_detail::kFencing == Fencing::Closer ? kTold : kClosed;
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    // NOLINTNEXTLINE(concurrency-mt-unsafe): in the one thread of the child
    EXPECT_EXIT(std::exit(close_refused()), testing::ExitedWithCode(expected), "");
}
#endif

}  // namespace
}  // namespace stoplog::test
