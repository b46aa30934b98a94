// Tarjan's parts without recursion (a chain may be 10 000 long), then Kahn's order over them.
#include "stoplog/graph/drained_order.hpp"

#include <algorithm>
#include <functional>
#include <queue>

namespace stoplog {
namespace {

using Edges = std::vector<std::vector<std::uint32_t>>;

Edges edges_of(const Plan& plan) {
    Edges edges(plan.routines.size());
    for (const Legend::Connection& connection : plan.legend->connections) {
        edges[connection.source].push_back(plan.slots[connection.target].routine);
    }
    return edges;
}

class Parts {
public:
    explicit Parts(const Edges& edges)
        : edges_(edges),
          part_(edges.size(), kNone),
          order_(edges.size(), kNone),
          low_(edges.size(), 0) {
        for (std::uint32_t routine = 0; routine < edges.size(); ++routine) {
            if (order_[routine] == kNone) {
                visit(routine);
            }
        }
    }
    [[nodiscard]] std::uint32_t of(std::uint32_t routine) const { return part_[routine]; }
    [[nodiscard]] std::uint32_t count() const { return count_; }

private:
    struct Step {
        std::uint32_t routine;
        std::uint32_t edge;
    };
    void open(std::uint32_t routine) {
        order_[routine] = low_[routine] = next_++;
        stack_.push_back(routine);
        path_.push_back({routine, 0});
    }
    void close(std::uint32_t routine) {
        if (low_[routine] != order_[routine]) {
            return;
        }
        std::uint32_t member = kNone;
        do {
            member = stack_.back();
            stack_.pop_back();
            part_[member] = count_;
        } while (member != routine);
        ++count_;
    }
    void visit(std::uint32_t start) {
        open(start);
        while (!path_.empty()) {
            Step& step = path_.back();
            const std::uint32_t routine = step.routine;
            if (step.edge < edges_[routine].size()) {
                const std::uint32_t next = edges_[routine][step.edge++];
                if (order_[next] == kNone) {
                    open(next);
                } else if (part_[next] == kNone) {
                    low_[routine] = std::min(low_[routine], order_[next]);
                }
                continue;
            }
            close(routine);
            path_.pop_back();
            if (!path_.empty()) {
                std::uint32_t& low = low_[path_.back().routine];
                low = std::min(low, low_[routine]);
            }
        }
    }

    const Edges& edges_;
    std::vector<std::uint32_t> part_;
    std::vector<std::uint32_t> order_;
    std::vector<std::uint32_t> low_;
    std::vector<std::uint32_t> stack_;
    std::vector<Step> path_;
    std::uint32_t next_ = 0;
    std::uint32_t count_ = 0;
};

// Rank of each part; among those that could come next, the one whose first routine was declared
// first.
std::vector<std::uint32_t> rank_parts(const Edges& edges, const Parts& parts) {
    std::vector<std::uint32_t> first(parts.count(), kNone);
    std::vector<std::uint32_t> entering(parts.count(), 0);
    Edges leaving(parts.count());
    for (std::uint32_t routine = 0; routine < edges.size(); ++routine) {
        const std::uint32_t part = parts.of(routine);
        first[part] = std::min(first[part], routine);
        for (const std::uint32_t next : edges[routine]) {
            if (parts.of(next) != part) {
                leaving[part].push_back(parts.of(next));
                ++entering[parts.of(next)];
            }
        }
    }
    using Candidate = std::pair<std::uint32_t, std::uint32_t>;  // first routine, part
    std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> open;
    for (std::uint32_t part = 0; part < parts.count(); ++part) {
        if (entering[part] == 0) {
            open.emplace(first[part], part);
        }
    }
    std::vector<std::uint32_t> rank(parts.count(), 0);
    for (std::uint32_t next_rank = 0; !open.empty(); ++next_rank) {
        const std::uint32_t part = open.top().second;
        open.pop();
        rank[part] = next_rank;
        for (const std::uint32_t next : leaving[part]) {
            if (--entering[next] == 0) {
                open.emplace(first[next], next);
            }
        }
    }
    return rank;
}

}  // namespace

std::vector<std::uint32_t> drained_order(const Plan& plan) {
    std::vector<std::uint32_t> drained;
    for (std::uint32_t slot = 0; slot < plan.slots.size(); ++slot) {
        if (plan.slots[slot].is_drained) {
            drained.push_back(slot);
        }
    }
    if (drained.size() < 2) {
        return drained;
    }
    const Edges edges = edges_of(plan);
    const Parts parts(edges);
    const std::vector<std::uint32_t> rank = rank_parts(edges, parts);
    std::ranges::stable_sort(drained, [&](std::uint32_t a, std::uint32_t b) {
        return rank[parts.of(plan.slots[a].routine)] < rank[parts.of(plan.slots[b].routine)];
    });
    return drained;
}

}  // namespace stoplog
