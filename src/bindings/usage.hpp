// What one job uses: routine objects, started before its first call of each and stopped after the
// last job that used them; and what handlers keep beside the state (`self.local`).
//
// All of it under the GIL. An on_start or on_stop that runs is one thread's duty; whoever needs the
// routine meanwhile waits without the GIL, and never in a circle (Standing).
#pragma once

#include "bindings/hooks.hpp"
#include "bindings/python_object.hpp"

#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace stoplog::python {

class Usage {
public:
    Usage() = default;
    Usage(const Usage&) = delete;
    Usage& operator=(const Usage&) = delete;

    [[nodiscard]] bool has(PyObject* routine) const { return used_.contains(routine); }
    [[nodiscard]] bool is_empty() const { return order_.empty(); }
    /// From now on the job uses the routine, which is started where no job does. False, with an
    /// error set: it could not be. Requires: nobody can emit or write state in this thread.
    [[nodiscard]] bool begin(PyObject* routine, const Hooks& hooks);
    /// The job uses nothing any more: what no other job uses is stopped, the last started first.
    /// Its errors go to `sys.unraisablehook`; a pending error stays.
    void end();
    /// In a forked child: another process started them.
    void forget();

    /// `self.local` of a routine in this job; null with an error set. A new reference.
    [[nodiscard]] PyObject* local_of(std::uint32_t routine);
    void drop_locals();
    /// For the collector of cycles.
    int visit_locals(visitproc visit, void* arg) const;

private:
    std::vector<Ref> order_;
    std::unordered_set<PyObject*> used_;
    std::unordered_map<std::uint32_t, Ref> locals_;
};

/// In a forked child: nothing is started.
void forget_starts();

}  // namespace stoplog::python
