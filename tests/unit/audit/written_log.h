#pragma once

#include <optional>
#include <string>

#include "audit/error.h"
#include "audit/log.h"
#include "audit/segment.h"
#include "audit/verification.h"
#include "tests/fakes/fake_log_directory.h"

namespace edgeseal::audit {

inline Entry entry(const std::string& kind, const std::string& message = "") {
  Entry made;
  made.kind = kind;
  made.message = message;
  made.outcome = "success";
  return made;
}

// Its clock goes on by a second with each entry.
struct WrittenLog {
  fake::FakeLogDirectory directory;
  Entry::Time time{std::chrono::seconds(1'800'000'000)};
  Log::Limits limits{max_line_size, 3};

  Log open(const std::optional<Link>& known = std::nullopt) {
    return Log(
        directory, limits, [this] { return time += std::chrono::seconds(1); }, known);
  }
  Verdict verdict(const std::optional<Link>& known = std::nullopt) {
    Verification verification(Beginning::accounted_for);
    if (known) verification.expect(*known);
    return verify(directory, std::move(verification));
  }
  // As the agent judges it, that sealed `known` last.
  Verdict sealed_verdict(const std::optional<Link>& known) {
    Verification verification(Beginning::accounted_for);
    if (known) verification.expect(*known);
    if (known) verification.believe_up_to(known->sequence);
    return verify(directory, std::move(verification));
  }
  // An entry that the TPM knows.
  Link first_sealed() {
    Log log = open();
    const Link head = log.append(entry("first"));
    log.sealed(head);
    return head;
  }
  // With hashes that fit, where there is nothing.
  void forge_removal_after(std::uint64_t last) {
    Entry removal = entry(std::string(kind_removed));
    removal.sequence = last + 1;
    const Hash previous = hash_of("anything");
    removal.fields = {{"first", "1"}, {"last", std::to_string(last)}, {"hash", to_text(previous)}};
    directory.files[segment_name(last + 1)] = write_line(removal, previous).text;
  }
  [[nodiscard]] std::vector<Entry> entries() {
    std::vector<Entry> all;
    for (const auto& name : directory.list())
      (void)read_segment(name, directory.files.at(name), [&](const Line& line, std::string_view) {
        all.push_back(line.entry);
        return Next::go_on;
      });
    return all;
  }
  [[nodiscard]] std::size_t count(std::string_view kind) {
    const auto all = entries();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const Entry& one) { return one.kind == kind; }));
  }
};

}  // namespace edgeseal::audit
