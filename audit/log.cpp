#include "audit/log.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "audit/error.h"
#include "audit/segment.h"

namespace edgeseal::audit {

namespace {

Entry own_entry(std::string_view kind, std::string outcome, std::string message,
                std::map<std::string, std::string> fields) {
  Entry entry;
  entry.kind = kind;
  entry.outcome = std::move(outcome);
  entry.message = std::move(message);
  entry.fields = std::move(fields);
  return entry;
}

std::string time_text(Entry::Time time) {
  return std::to_string(time.time_since_epoch().count());
}

}  // namespace

Log::Log(LogDirectory& directory, Limits limits, Now now, const std::optional<Link>& known)
    : directory_(directory),
      limits_{std::max(limits.segment_size, max_line_size), std::max<std::size_t>(limits.segments, 2)},
      now_(std::move(now)),
      segments_(directory.list()) {
  resume();
  if (known && known->sequence > 0) judge(*known);
  settle();
}

// From the newest segment that has an entry.
void Log::resume() {
  while (!segments_.empty() && !resume_from(segments_.back())) {
    directory_.remove(segments_.back());
    segments_.pop_back();
    current_.clear();
  }
}

// False: there is nothing in it but a part of its first entry.
bool Log::resume_from(const std::string& name) {
  const std::string content = directory_.read(name, max_segment_size);
  const Segment segment = read_segment(name, content, [this](const Line& line, std::string_view) {
    head_ = line.link();
    return Next::go_on;
  });
  if (segment.fault) {
    if (head_.sequence < first_of(name)) head_ = {first_of(name), {}};  // no segment has the name of this one again
    restart(head_, *segment.fault);
    return true;
  }
  if (segment.torn > 0) {
    due_.push_back(own_entry(kind_repaired, "success", "the end of an entry whose writing was cut short is removed",
                             {{"bytes", std::to_string(segment.torn)}}));
    if (segment.size > 0) directory_.truncate(name, segment.size);
  }
  current_ = name;
  size_ = segment.size;
  return segment.size > 0;
}

void Log::judge(const Link& known) {
  sealed_ = known.sequence;
  const std::string current = current_;
  const auto first = segments_.empty() ? std::nullopt : first_line(segments_.front());
  const Removals told = told_removals(first, known.sequence);
  if (!has(known))
    restart({std::max(head_.sequence, known.sequence), known.hash},
            "the log does not have entry " + to_text(known) + ", which was written");
  else if (first && !told.account_for(*first, known.sequence) && !told.tell_of_break(known.sequence))
    restart(head_, "what stood before entry " + to_text(first->link()) +
                       " is missing, and no entry that was sealed says that it was removed");
  if (has_broken_off_after(known)) current_ = current;
  resume_removals(told);
}

// What was removed since then is older than it.
bool Log::has(const Link& known) {
  if (known.sequence > head_.sequence) return false;
  if (known == head_) return true;
  const auto after = std::ranges::find_if(segments_, [&](const auto& name) { return first_of(name) > known.sequence; });
  if (after == segments_.begin()) return false;
  bool found = false;
  const std::string& name = *std::prev(after);
  (void)read_segment(name, directory_.read(name, max_segment_size), [&](const Line& line, std::string_view) {
    found = line.link() == known;
    return line.entry.sequence < known.sequence ? Next::go_on : Next::stop;
  });
  return found;
}

// Backwards, as far as it matters: it is mostly the newest segment that says of the last one that went.
Removals Log::told_removals(const std::optional<Line>& first, std::uint64_t known) {
  Removals told;
  for (std::size_t i = segments_.size(); i > 0; --i) {
    if (!is_surplus() && (!first || told.account_for(*first, known))) break;
    told.note(segments_[i - 1], directory_.read(segments_[i - 1], max_segment_size));
  }
  return told;
}

// At an earlier start, and it was not sealed since: no further segment is begun each time.
bool Log::has_broken_off_after(const Link& known) {
  const auto newest = segments_.empty() ? std::nullopt : first_line(segments_.back());
  return newest && newest->entry.kind == kind_broken && newest->entry.sequence > known.sequence;
}

void Log::resume_removals(const Removals& told) {
  while (is_surplus()) {
    const auto next = first_line(segments_[going_.size() + 1]);
    const std::uint64_t by = next ? told.told(*next) : 0;
    if (by == 0) return;
    going_.push_back(by);
  }
}

std::optional<Line> Log::first_line(const std::string& name) {
  std::optional<Line> first;
  (void)read_segment(name, directory_.read(name, max_line_size), [&](const Line& line, std::string_view) {
    first = line;
    return Next::stop;
  });
  return first;
}

// In a segment of its own, so that what is wrong stays as it is found.
void Log::restart(const Link& after, std::string expected) {
  due_.clear();
  due_.push_back(
      own_entry(kind_broken, "failure",
                "the audit log is not as it was written: it was changed, cut or damaged; the chain begins anew here",
                {{"expected", std::move(expected)}, {"found", to_text(head_)}}));
  head_ = after;
  current_.clear();
}

Link Log::append(Entry entry) {
  settle();
  const Link link = due_.empty() && lost_ == 0 ? put(std::move(entry), Bound::kept) : Link{};
  if (link.sequence == 0 && lost_++ == 0) lost_since_ = now_();
  if (surplus_) remove_surplus();
  return link;
}

// What the log has to say of itself comes first, in the order in which it happened.
void Log::settle() {
  while (!due_.empty()) {
    if (say(due_.front(), Bound::left).sequence == 0) return;
    due_.erase(due_.begin());
  }
  if (lost_ > 0) settle_gap();
}

void Log::settle_gap() {
  const Entry gap =
      own_entry(kind_gap, "failure", "so many entries could not be written; the journal has them",
                {{"lost", std::to_string(lost_)}, {"since", time_text(lost_since_)}, {"reason", problem_}});
  if (say(gap, Bound::kept).sequence != 0) lost_ = 0;
}

Link Log::say(const Entry& entry, Bound bound) {
  const Link link = put(entry, bound);
  if (link.sequence != 0) said_.push_back({entry, link});
  return link;
}

std::vector<Log::Said> Log::take_said() {
  return std::exchange(said_, {});
}

Link Log::put(Entry entry, Bound bound) {
  try {
    if (unclean_) undo_write();
    entry.sequence = head_.sequence + 1;
    if (entry.sequence >= max_sequence) throw Error(current_, "there are no numbers left for further entries");
    entry.time = now_();
    const WrittenLine line = write_line(entry, head_.hash);
    const bool begins = current_.empty() || size_ + line.text.size() > limits_.segment_size;
    if (bound == Bound::kept && segments_.size() + (begins ? 1 : 0) > 2 * limits_.segments)
      throw Error(current_,
                  "there are twice as many files as there should be, and the TPM has not sealed yet which go");
    if (begins) begin_segment();
    write(line.text);
    return head_ = {entry.sequence, line.hash};
  } catch (const Error& error) {
    problem_ = error.what();
    return {};
  }
}

void Log::write(const std::string& line) {
  unclean_ = true;
  try {
    directory_.append(current_, line);
  } catch (const Error&) {
    undo_write();
    throw;
  }
  unclean_ = false;
  size_ += line.size();
}

// Where it fails, it is tried again before anything else is written.
void Log::undo_write() {
  size_ == 0 ? directory_.remove(current_) : directory_.truncate(current_, size_);
  unclean_ = false;
}

void Log::begin_segment() {
  if (!current_.empty() && size_ > 0) directory_.sync(current_);
  current_ = segment_name(head_.sequence + 1);
  size_ = 0;
  if (segments_.empty() || segments_.back() != current_) segments_.push_back(current_);
  surplus_ = true;
}

void Log::remove_surplus() {
  try {
    while (is_surplus()) tell_removal();
    surplus_ = false;
    if (!sealed_) remove_told(head_.sequence);
  } catch (const Error& error) {
    problem_ = error.what();  // it is tried again with the next entry, or segment
  }
}

// With the hash that the rest of the chain begins with.
void Log::tell_removal() {
  const std::string going = segments_[going_.size()], next = segments_[going_.size() + 1];
  std::string hash;
  if (const auto first = first_line(next)) hash = to_text(first->previous);
  const Link told = say(
      own_entry(
          kind_removed, "success", "the oldest entries are removed to make room",
          {{"first", std::to_string(first_of(going))}, {"last", std::to_string(first_of(next) - 1)}, {"hash", hash}}),
      Bound::left);
  if (told.sequence == 0) throw Error(going, problem_);
  going_.push_back(told.sequence);
}

void Log::sealed(const Link& head) {
  sealed_ = head.sequence;
  try {
    remove_told(head.sequence);
  } catch (const Error& error) {
    problem_ = error.what();  // it is tried again with the next one
  }
}

// One is gone for good before the next goes, so that a loss of power leaves no hole between them.
void Log::remove_told(std::uint64_t sealed) {
  while (!going_.empty() && going_.front() <= sealed) {
    directory_.sync(current_);
    directory_.remove(segments_.front());
    removed_by_ = going_.front();
    segments_.erase(segments_.begin());
    going_.pop_front();
  }
}

}  // namespace edgeseal::audit
