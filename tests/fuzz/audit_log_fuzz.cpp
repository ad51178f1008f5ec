// A segment of an audit log that anybody may have written is verified, listed and gone on with; what an entry says
// survives being written again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "audit/error.h"
#include "audit/log.h"
#include "audit/query.h"
#include "audit/segment.h"
#include "audit/verification.h"
#include "tests/fakes/fake_log_directory.h"

namespace {

using namespace edgeseal::audit;

void require(bool holds) {
  if (!holds) std::abort();
}

// The input as JSON between braces, with a hash that fits: what a forger would write.
std::string forged(std::string_view text) {
  const std::string hashed = "{" + std::string(text);
  return hashed + R"(,"hash":")" + to_text(hash_of(hashed)) + "\"}\n";
}

void check(const std::string& content) {
  fake::FakeLogDirectory files;
  files.files[segment_name(1)] = content;
  Verification verification(Beginning::accounted_for);
  verification.expect({3, {}});
  const Verdict verdict = verify(files, std::move(verification));
  require(!verdict.intact() || verdict.first > 3);  // nobody finds an entry whose hash is zero
  require(select(files, {}, Which::newest, max_page_entries).lines.size() <= max_page_entries);
  Log log(
      files, {}, [] { return Entry::Time{}; }, std::nullopt);
  require(log.append({}).sequence > 0);
}

void check_entry(std::string_view line) {
  const Line read = read_line("input", line);
  const std::string again = write_line(read.entry, read.previous).text;
  require(again.size() <= max_line_size);
  require(read_line("input", std::string_view(again).substr(0, again.size() - 1)).entry.sequence ==
          read.entry.sequence);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const std::string line = forged(input);
  check(input);
  check(line);
  try {
    check_entry(std::string_view(line).substr(0, line.size() - 1));
  } catch (const Error&) {
  }
  (void)parse_link(input);
  return 0;
}
