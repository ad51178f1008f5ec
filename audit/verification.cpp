#include "audit/verification.h"

#include "audit/segment.h"

namespace edgeseal::audit {

void Verification::segment(const std::string& file, std::string_view content) {
  if (verdict_.torn > 0)
    break_at(verdict_.head.sequence + 1, last_file_, "bytes that are no entry stand at the end of it");
  verdict_.torn = 0;
  last_file_ = file;
  const Segment read = read_segment(file, content, [&](const Line& line, std::string_view) {
    follow(file, line);
    return Next::go_on;
  });
  verdict_.torn = read.torn;
  if (read.fault) break_at(verdict_.head.sequence + 1, file, *read.fault);
}

void Verification::follow(const std::string& file, const Line& line) {
  const Entry& entry = line.entry;
  if (verdict_.entries == 0) {
    verdict_.first = entry.sequence;
    first_ = line;
    first_file_ = file;
  } else if (entry.sequence != verdict_.head.sequence + 1) {
    break_at(verdict_.head.sequence + 1, file, "entry " + std::to_string(entry.sequence) + " stands in its place");
  } else if (line.previous != verdict_.head.hash) {
    break_at(entry.sequence, file, "it does not follow the entry before it");
  }
  ++verdict_.entries;
  verdict_.head = line.link();
  note(line);
}

void Verification::note(const Line& line) {
  const Entry& entry = line.entry;
  if (entry.kind == kind_gap) verdict_.lost += number_in(entry, "lost");
  if (entry.kind == kind_broken) break_at(entry.sequence, last_file_, entry.message);
  removals_.note(line);
  auto known = expected_.lower_bound({entry.sequence, Hash{}});
  while (known != expected_.end() && known->first == entry.sequence) {
    if (known->second != line.hash)
      break_at(entry.sequence, last_file_, "it is not the one that is known: the log was written anew");
    known = expected_.erase(known);
  }
}

void Verification::break_at(std::uint64_t sequence, const std::string& file, const std::string& problem) {
  if (!verdict_.broken) verdict_.broken = Break{sequence, file, problem};
}

Verdict Verification::conclude() {
  if (verdict_.entries > 0 && beginning_ == Beginning::accounted_for && !removals_.account_for(first_, sealed_))
    verdict_.broken =
        Break{verdict_.first, first_file_, "what stood before it is missing, and nothing says that it was removed"};
  for (const auto& [sequence, hash] : expected_)
    if (sequence > verdict_.head.sequence)
      break_at(verdict_.head.sequence + 1, last_file_,
               "the log ends before it, though it had entry " + std::to_string(sequence));
  return verdict_;
}

void follow(LogDirectory& directory, Verification& verification) {
  for (const auto& name : directory.list()) verification.segment(name, directory.read(name, max_segment_size));
}

Verdict verify(LogDirectory& directory, Verification verification) {
  follow(directory, verification);
  return verification.conclude();
}

}  // namespace edgeseal::audit
