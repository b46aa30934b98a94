// Linking, reading and ending frozen versions.
//
// A version that ends hands what it saved to the next older one, which relied on it.
#include "stoplog/state/frozen.hpp"

#include "stoplog/state/call_log.hpp"
#include "stoplog/state/document.hpp"
#include "stoplog/state/list_document.hpp"

#include <utility>

namespace stoplog {

Frozen::Frozen(std::shared_ptr<Family> family)
    : family_(std::move(family)), epoch_(family_->epoch + 1), older_(family_->newest) {
    if (older_ != nullptr) older_->newer_ = this;
    family_->newest = this;
    family_->epoch = epoch_;
}

template <typename Part, typename Past>
void Frozen::hand_over(Saved<Part, Past>& mine, Saved<Part, Past>* of_older) noexcept {
    while (!mine.empty()) {
        auto node = mine.extract(mine.begin());
        if (of_older != nullptr && older_->holds(*node.key())) {
            auto handed = of_older->insert(std::move(node));
            if (handed.inserted) continue;
            node = std::move(handed.node);
        }
        node.key()->release_owner();
    }
}

Frozen::~Frozen() {
    (newer_ != nullptr ? newer_->older_ : family_->newest) = older_;
    if (older_ != nullptr) older_->newer_ = newer_;
    hand_over(saved_, older_ != nullptr ? &older_->saved_ : nullptr);
    hand_over(saved_lists_, older_ != nullptr ? &older_->saved_lists_ : nullptr);
}

void Frozen::save(Document& document, Version&& version) {
    if (!holds(document)) return;
    if (saved_.try_emplace(&document, std::move(version)).second) document.retain_owner();
}

void Frozen::save(ListDocument& list, LeafTree&& version) {
    if (!holds(list)) return;
    if (saved_lists_.try_emplace(&list, std::move(version)).second) list.retain_owner();
}

void Frozen::save_running(const CallLog& log) {
    for (ListDocument* list : log.changed_lists()) {
        if (!list->is_dirty()) continue;
        save(*list, list->version_at_start_of_call());
        list->mark_seen(family_->epoch);
    }
    if (log.images().empty()) return;
    for (Document* document : log.changed()) {
        save(*document, document->version_at_start_of_call());
        document->mark_seen(family_->epoch);
    }
    for (const BeforeImage& image : log.images()) {
        Version& version = saved_.at(image.document);
        if (image.position >= version.end) continue;
        const LeafVerbs& verbs = image.document->verbs();
        Entry& mine = version.pages.writable(image.position);
        const Entry later = std::exchange(mine, image.entry);
        if (mine.key != nullptr) verbs.retain(mine.key), verbs.retain(mine.value);
        if (later.key != nullptr) verbs.release(later.key), verbs.release(later.value);
    }
}

Version Frozen::version_of(const Document& document) const {
    for (const Frozen* at = this; at != nullptr; at = at->newer_) {
        const auto found = at->saved_.find(&document);
        if (found != at->saved_.end()) return found->second;
    }
    return document.version();
}

LeafTree Frozen::version_of(const ListDocument& list) const {
    for (const Frozen* at = this; at != nullptr; at = at->newer_) {
        const auto found = at->saved_lists_.find(&list);
        if (found != at->saved_lists_.end()) return found->second;
    }
    return list.version();
}

}  // namespace stoplog
