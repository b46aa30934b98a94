// Keeping and undoing a call.
//
// Leaves are released last, when documents and log are whole again: a release may free a document.
#include "stoplog/state/call_log.hpp"

#include "stoplog/state/document.hpp"
#include "stoplog/state/list_document.hpp"

namespace stoplog {

namespace {
constexpr std::size_t kLargestKeptLog = 1024;  // one large call is no reason to stay large
}  // namespace

void CallLog::keep() noexcept {
    for (const BeforeImage& image : images_) image.document->forget_touched(image.position);
    for (Document* document : changed_) document->end_call();
    for (ListDocument* list : changed_lists_) list->end_call();
    images_.swap(dropped_);
}

void CallLog::drop_kept() noexcept {
    while (!dropped_.empty()) {
        const BeforeImage image = dropped_.back();
        dropped_.pop_back();
        if (image.entry.key == nullptr) continue;
        const LeafVerbs& verbs = image.document->verbs();
        verbs.release(image.entry.key);
        verbs.release(image.entry.value);
    }
    if (dropped_.capacity() > kLargestKeptLog) std::vector<BeforeImage>().swap(dropped_);
    while (!changed_.empty()) {
        Document* document = changed_.back();
        changed_.pop_back();
        document->compact_if_sparse();
        document->release_owner();
    }
    while (!changed_lists_.empty()) {
        ListDocument* list = changed_lists_.back();
        changed_lists_.pop_back();
        list->drop_kept();
        list->release_owner();
    }
}

void CallLog::undo() noexcept {
    for (BeforeImage& image : images_) image.document->put_back(image.position, image.entry);
    for (Document* document : changed_) document->end_undo();
    for (ListDocument* list : changed_lists_) list->undo();
    images_.swap(dropped_);
    drop_kept();
}

}  // namespace stoplog
