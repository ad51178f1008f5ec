#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "audit/entry.h"
#include "audit/log_directory.h"
#include "audit/removals.h"

namespace edgeseal::audit {

// The log that is written: a chain of entries in segments of bounded size and number. Nothing of it is ever rewritten,
// but what a crash left of an entry is cut off, and the oldest segment goes once its hash stands in a newer one and,
// from the first sealed() on, that one is sealed. Until then there may be twice as many; then nothing more is written.
// One thread.
class Log {
 public:
  struct Limits {
    std::size_t segment_size = 1024 * 1024;  // bytes; at least max_line_size
    std::size_t segments = 8;                // at least 2
  };
  using Now = std::function<Entry::Time()>;

  // Goes on with what is there. `known`: the entry that was sealed last, if anybody remembers; where the log does not
  // have it, or nothing up to it says why the log does not begin with entry 1, the chain begins anew after it, for
  // everybody to see. Throws Error where the files cannot be read.
  Log(LogDirectory& directory, Limits limits, Now now, const std::optional<Link>& known);

  // Sequence 0: it could not be written, and why() says why. How many were lost stands in an entry of its own as soon
  // as one can be written again.
  Link append(Entry entry);
  [[nodiscard]] const Link& head() const { return head_; }
  // `head` was sealed: nobody can take it back, or what stands before it. It is synced, and not before least_to_seal().
  void sealed(const Link& head);
  [[nodiscard]] std::uint64_t least_to_seal() const { return removed_by_; }
  [[nodiscard]] const std::string& why() const { return problem_; }
  // How many could not be written and are not told yet.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  // What it has written of itself since it was asked last.
  struct Said {
    Entry entry;
    Link link;
  };
  [[nodiscard]] std::vector<Said> take_said();
  // Segment that head() stands in; empty where there is none.
  [[nodiscard]] const std::string& current() const { return current_; }

 private:
  void resume();
  [[nodiscard]] bool resume_from(const std::string& name);
  void judge(const Link& known);
  [[nodiscard]] bool has(const Link& known);
  [[nodiscard]] Removals told_removals(const std::optional<Line>& first, std::uint64_t known);
  [[nodiscard]] bool has_broken_off_after(const Link& known);
  void resume_removals(const Removals& told);
  void restart(const Link& after, std::string expected);
  [[nodiscard]] std::optional<Line> first_line(const std::string& name);
  enum class Bound { kept, left };  // of the number of segments; what the log has to say of itself may exceed it
  Link put(Entry entry, Bound bound);
  Link say(const Entry& entry, Bound bound);
  void write(const std::string& line);
  void begin_segment();
  void undo_write();
  void settle();
  void settle_gap();
  [[nodiscard]] bool is_surplus() const { return segments_.size() - going_.size() > limits_.segments; }
  void remove_surplus();
  void tell_removal();
  void remove_told(std::uint64_t sealed);

  LogDirectory& directory_;
  const Limits limits_;
  const Now now_;
  std::vector<std::string> segments_;  // the current one is the last
  std::string current_;
  std::size_t size_ = 0;  // of the current one
  Link head_;
  std::vector<Entry> due_;  // that the log has to say of itself
  std::vector<Said> said_;
  bool unclean_ = false;                 // part of an entry stands after the last one
  bool surplus_ = true;                  // there may be more segments than there should be
  std::deque<std::uint64_t> going_;      // entries that say that the first, second ... segment goes
  std::optional<std::uint64_t> sealed_;  // last entry; none: nobody seals any, and segments go at once
  std::uint64_t removed_by_ = 0;         // entry that says it of the last segment that went
  std::uint64_t lost_ = 0;
  Entry::Time lost_since_{};
  std::string problem_;
};

}  // namespace edgeseal::audit
