// The past of a job's state: what a cut holds, for nothing until somebody writes.
//
// A cut raises one epoch number for the whole job. A document first written after it leaves its
// page pointers (a list: its root) in the newest frozen version; what was not written since is read
// from the live document.
#pragma once

#include "stoplog/state/leaf_tree.hpp"
#include "stoplog/state/pages.hpp"

#include <cstdint>
#include <memory>
#include <unordered_map>

namespace stoplog {

class CallLog;
class Document;
class Frozen;
class ListDocument;

/// One per job: its epoch and the chain of versions that are still held.
struct Family {
    std::uint64_t epoch = 1;
    Frozen* newest = nullptr;
};

/// The state of a job at one moment. It ends the cut's hold when it is destroyed.
///
/// Requires: made, read and destroyed under the lock that guards the job's state; whoever holds it
/// holds the root documents that it is asked for.
class Frozen {
public:
    explicit Frozen(std::shared_ptr<Family> family);
    ~Frozen();
    Frozen(const Frozen&) = delete;
    Frozen& operator=(const Frozen&) = delete;

    /// Save what an unfinished call changed as it was before that call. Requires: called at once
    /// after the making, for the log of each running or parked call.
    void save_running(const CallLog& log);

    [[nodiscard]] Version version_of(const Document& document) const;
    [[nodiscard]] LeafTree version_of(const ListDocument& list) const;

private:
    friend class Document;
    friend class ListDocument;
    /// A reference to each owner is held.
    template <typename Part, typename Past>
    using Saved = std::unordered_map<const Part*, Past>;

    template <typename Part>
    [[nodiscard]] bool holds(const Part& part) const noexcept {
        return part.born_ < epoch_;
    }
    void save(Document& document, Version&& version);
    void save(ListDocument& list, LeafTree&& version);
    template <typename Part, typename Past>
    void hand_over(Saved<Part, Past>& mine, Saved<Part, Past>* of_older) noexcept;

    std::shared_ptr<Family> family_;
    std::uint64_t epoch_;
    Frozen* older_;
    Frozen* newer_ = nullptr;
    Saved<Document, Version> saved_;
    Saved<ListDocument, LeafTree> saved_lists_;
};

}  // namespace stoplog
