// What the running call of one cell changed in its state: one before-image per key, and the lists
// that log for themselves.
//
// Requires: guarded as the job's state is. Nothing is released inside the gate: `keep` there,
// `drop_kept` after it and before the next call.
#pragma once

#include "stoplog/state/frozen.hpp"
#include "stoplog/state/pages.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace stoplog {

/// An entry as it was before the call; it owns its leaves. Key null: there was none.
struct BeforeImage {
    Document* document;
    Position position;
    Entry entry;
};

/// Whoever drops a cell undoes its unfinished call first: a dirty log keeps its documents alive.
class CallLog {
public:
    CallLog(std::shared_ptr<Family> family, std::string routine_name)
        : family_(std::move(family)), routine_name_(std::move(routine_name)) {}
    ~CallLog() = default;
    CallLog(const CallLog&) = delete;
    CallLog& operator=(const CallLog&) = delete;

    [[nodiscard]] bool is_dirty() const noexcept {
        return !changed_.empty() || !changed_lists_.empty();
    }

    /// The call takes effect. Releases nothing, allocates nothing.
    void keep() noexcept;
    /// Release what `keep` left behind; move together what has become sparse.
    void drop_kept() noexcept;
    /// The call never was. Costs what it changed. Running out of memory here ends the process: half
    /// an undo would be a state that never was.
    void undo() noexcept;

    [[nodiscard]] Family& family() const noexcept { return *family_; }
    [[nodiscard]] const std::string& routine_name() const noexcept { return routine_name_; }
    /// The document of the cell's state fields; null once the cell is gone.
    [[nodiscard]] const Document* root() const noexcept { return root_; }
    void set_root(const Document* root) noexcept { root_ = root; }

    [[nodiscard]] const std::vector<Document*>& changed() const noexcept { return changed_; }
    [[nodiscard]] const std::vector<ListDocument*>& changed_lists() const noexcept {
        return changed_lists_;
    }
    [[nodiscard]] const std::vector<BeforeImage>& images() const noexcept { return images_; }

private:
    friend class Document;
    friend class ListDocument;

    std::shared_ptr<Family> family_;
    std::string routine_name_;
    const Document* root_ = nullptr;
    std::vector<Document*> changed_;  // a reference to each owner is held
    std::vector<ListDocument*> changed_lists_;
    std::vector<BeforeImage> images_;
    std::vector<BeforeImage> dropped_;
};

}  // namespace stoplog
