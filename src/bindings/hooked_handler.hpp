// A routine that has hooks: what stands around its handlers, and what is asked when one failed.
//
// before_handle, the handler and after_handle are one call: all of it takes effect, or nothing.
#pragma once

#include "bindings/python_handler.hpp"

#include <memory>
#include <optional>

namespace stoplog::python {

class HookedHandler final : public PythonHandler {
public:
    HookedHandler(PyObject* routine, std::shared_ptr<Definition> definition, const Hooks& hooks)
        : PythonHandler(routine, std::move(definition)), hooks_(hooks) {}

    Verdict invoke(Call& call) override;
    std::optional<ErrorRule> choose(Call& call, Failure& failure,
                                    const ErrorRule& declared) override;
    [[nodiscard]] bool may_retry() const noexcept override { return hooks_.on_error; }
    [[nodiscard]] Hooks hooks() const override { return hooks_; }

private:
    bool begin(Call& call) const;
    bool attempt(Call& call);
    bool run_hook(Call& call, const char* name, const Ref& slot, const Ref& payload);
    std::optional<ErrorRule> answered(const Ref& answer, const ErrorRule& declared) const;

    Hooks hooks_;
};

}  // namespace stoplog::python
