// edgesealctl audit: who did what, and whether the log of it is whole.

#include <cstdio>
#include <filesystem>

#include "audit/error.h"
#include "audit/query.h"
#include "audit/verification.h"
#include "dbus/ctl/audit_entries.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/followed_audit.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

constexpr size_t kMostFileBytes = 64 * 1024 * 1024;

// What is shown of a log, wherever it was verified.
struct Shown {
  bool intact = false;
  std::uint64_t first = 0, entries = 0, lost = 0, bad_entry = 0;
  std::string head{}, anchor{}, problem{}, file{}, write_problem{};
  std::size_t torn = 0;
};

Shown shown(const VariantMap& verdict) {
  return {field<bool>(verdict, "intact"),
          field<std::uint64_t>(verdict, "first"),
          field<std::uint64_t>(verdict, "entries"),
          field<std::uint64_t>(verdict, "lost"),
          field<std::uint64_t>(verdict, "bad-entry"),
          field<std::string>(verdict, "head"),
          field<std::string>(verdict, "anchor"),
          field<std::string>(verdict, "problem"),
          field<std::string>(verdict, "file"),
          field<std::string>(verdict, "write-problem")};
}

Shown shown(const audit::Verdict& verdict) {
  Shown told{verdict.intact(), verdict.first, verdict.entries, verdict.lost};
  told.head = to_text(verdict.head);
  told.torn = verdict.torn;
  if (!verdict.broken) return told;
  told.bad_entry = verdict.broken->sequence;
  told.problem = verdict.broken->problem;
  told.file = verdict.broken->file;
  return told;
}

void print_notes(const Shown& told, const Output& output) {
  if (!told.write_problem.empty())
    output.print("New entries cannot be written: " + printable(told.write_problem) + "\n");
  if (told.lost > 0) output.print(std::to_string(told.lost) + " entries could not be written; the journal has them.\n");
  if (told.torn > 0)
    output.print("The last " + std::to_string(told.torn) +
                 " bytes are a part of an entry whose writing was cut short.\n");
  if (told.anchor == "unchecked")
    output.print(
        "The TPM has not opened the seal yet: an end that was cut off before the agent started is not noticed.\n");
  if (told.anchor == "missing") output.print("When the agent started, nothing sealed said how far the log went.\n");
}

void print(const Shown& told, Session& session) {
  if (!told.intact) session.status = static_cast<int>(ExitCode::Refused);
  if (session.output.json())
    return session.output.print_json({{"intact", told.intact},
                                      {"first", told.first},
                                      {"entries", told.entries},
                                      {"lost", told.lost},
                                      {"head", told.head},
                                      {"anchor", told.anchor},
                                      {"torn-bytes", told.torn},
                                      {"write-problem", told.write_problem},
                                      {"problem", told.problem},
                                      {"bad-entry", told.bad_entry},
                                      {"file", told.file}});
  const std::string where = told.bad_entry == 0 ? "" : " at entry " + std::to_string(told.bad_entry);
  const std::string file = told.file.empty() ? "" : " (" + printable(told.file) + ")";
  session.output.print(told.intact ? std::to_string(told.entries) + " entries from " + std::to_string(told.first) +
                                         " on follow each other, and none was changed.\nHead: " + told.head + "\n"
                                   : "The audit log is broken" + where + file + ": " + printable(told.problem) + "\n");
  print_notes(told, session.output);
}

audit::Link link_of(const std::string& text) {
  if (const auto link = audit::parse_link(text)) return *link;
  throw Failure(ExitCode::Usage, "a head is a number, a colon and 64 hexadecimal digits",
                "as \"edgesealctl audit verify\" prints it, and the journal has it");
}

// What is gone cannot be compared: that is no proof of anything, and nobody may take it for one.
void require_not_older(const std::string& head, std::uint64_t first) {
  const audit::Link known = link_of(head);
  if (known.sequence < first)
    throw Failure(ExitCode::Refused,
                  "the log begins with entry " + std::to_string(first) + ": it has no entry " +
                      std::to_string(known.sequence) + " any more to compare with --head",
                  "give a later one; the journal has number and hash of each entry");
}

// What was given may be a link, which only the running log must not be.
std::vector<std::string> segments_of(const std::filesystem::path& given) {
  std::error_code error;
  const auto directory = std::filesystem::canonical(given, error);
  std::vector<std::string> segments;
  try {
    for (const auto& name : audit::DiskLogDirectory(error ? given : directory).list()) segments.push_back(given / name);
  } catch (const audit::Error& failure) {  // which says nothing of the log: no exit status 1
    throw Failure(ExitCode::Usage, "cannot read " + printable(failure.what()), "be root, or copy it to where you may");
  }
  return segments;
}

audit::Verdict verdict_of_files(const std::vector<std::string>& paths, const std::string& head) {
  std::error_code unknown;  // reading it says why
  const bool whole = paths.size() == 1 && std::filesystem::is_directory(paths.front(), unknown);
  audit::Verification verification(whole ? audit::Beginning::accounted_for : audit::Beginning::any);
  if (!head.empty()) verification.expect(link_of(head));
  std::size_t size = 0;
  for (const std::filesystem::path path : whole ? segments_of(paths.front()) : paths) {
    const std::string content = read_file(path, kMostFileBytes);
    verification.segment(path.filename(), content);
    size += content.size();
  }
  const audit::Verdict verdict = verification.conclude();
  if (verdict.entries == 0 && size == verdict.torn)
    throw Failure(ExitCode::Usage, printable(paths.front()) + " holds no entries of an audit log",
                  "name the directory with the .jsonl files");
  if (verdict.intact() && !head.empty()) require_not_older(head, verdict.first);
  return verdict;
}

// Whether the running log has an entry that somebody wrote down elsewhere.
void compare(const std::string& head, Shown& told, Session& session) {
  const audit::Link known = link_of(head);
  if (!told.intact) return;
  require_not_older(head, told.first);
  const auto entry = known.sequence == 0 ? std::nullopt : entry_after(session.agent, known.sequence - 1);
  if (entry && entry->line.link() == known) return;
  told.intact = false;
  told.bad_entry = known.sequence;
  told.problem = "the log does not have the entry that was given as --head";
}

struct Given {
  WantedEntries wanted;
  std::uint64_t entry = 0;
  std::vector<std::string> files;
  std::string head;
  bool follow = false;
};
using GivenPtr = std::shared_ptr<Given>;

void verify(const Given& given, Session& session) {
  if (!given.files.empty()) return print(shown(verdict_of_files(given.files, given.head)), session);
  VariantMap verdict;
  session.agent.with_audit([&](dbus::RemoteAudit& remote) { verdict = remote.Verify(); });
  Shown told = shown(verdict);
  if (!given.head.empty()) compare(given.head, told, session);
  print(told, session);
}

// One object a line, so that a program can read them as they come.
void print_lines(const std::vector<AuditEntry>& entries, Session& session) {
  if (session.output.json())
    for (const auto& entry : entries) session.output.print(entry.text + "\n");
  else if (!entries.empty())
    session.output.print(table_of(entries));
  std::fflush(stdout);
}

void follow(const Given& given, Session& session) {
  WantedEntries wanted = given.wanted;
  const auto first = some_entries(session.agent, wanted).entries;
  print_lines(first, session);
  if (!first.empty()) wanted.after = first.back().line.entry.sequence;
  follow_audit([&] {
    const auto later = later_entries(session.agent, wanted);
    if (!later.empty()) wanted.after = later.back().line.entry.sequence;
    print_lines(later, session);
  });
}

void print(const AuditEntries& found, const Given& given, const Output& output) {
  if (found.entries.empty()) return output.print("There are no such entries.\n");
  output.print(table_of(found.entries));
  if (!found.more) return;
  const auto last = std::to_string(found.entries.back().line.entry.sequence);
  output.print(given.wanted.after
                   ? "There are more, with the same options and: --after " + last + "\n"
                   : "There are older ones: --count shows more of them, up to 256; --after 0 begins with the oldest\n");
}

void list(const Given& given, Session& session) {
  if (given.follow) return follow(given, session);
  const auto found = some_entries(session.agent, given.wanted);
  if (!session.output.json()) return print(found, given, session.output);
  auto all = nlohmann::json::array();
  for (const auto& entry : found.entries) all.push_back(nlohmann::json::parse(entry.text));
  session.output.print_json(all);
}

void show(const Given& given, Session& session) {
  const auto entry = entry_after(session.agent, given.entry - 1);
  if (entry && entry->line.entry.sequence == given.entry) return print_entry(*entry, session.output);
  throw Failure(ExitCode::Refused, "the audit log has no entry " + std::to_string(given.entry),
                "see: edgesealctl audit list");
}

void add_list(CLI::App& command, const GivenPtr& given, Session& session) {
  auto* list_command = command.add_subcommand("list", "Show the newest entries");
  list_command->add_option("--since", given->wanted.since, "Not older: 2h, 7d, or 2026-01-31T12:00:00Z");
  list_command->add_option("--kind", given->wanted.kind, "Of this kind or method; \"TrustList1.*\": that begin so");
  list_command->add_option("--caller", given->wanted.caller, "Of this account, uid, systemd unit or bus name")
      ->type_name("ACCOUNT");
  list_command->add_option("--object", given->wanted.object, "On this object of the bus; with *: that begin so");
  list_command->add_option("-n,--count", given->wanted.count, "How many; default: 50")->check(CLI::Range(1, 256));
  auto* after =
      list_command->add_option("--after", given->wanted.after, "Not the newest: the first ones after this entry")
          ->type_name("ENTRY");
  list_command->add_flag("--follow", given->follow, "Then wait for new ones, until it is interrupted")->excludes(after);
  list_command->callback([given, &session] { list(*given, session); });
}

}  // namespace

void add_audit(CLI::App& app, Session& session) {
  auto given = std::make_shared<Given>();
  auto* command = app.add_subcommand("audit", "See who did what, and whether the log of it is whole");
  add_list(*command, given, session);
  auto* show_command = command->add_subcommand("show", "Show all that an entry says");
  show_command->add_option("ENTRY", given->entry, "Its number, see: edgesealctl audit list")
      ->required()
      ->check(CLI::PositiveNumber);
  show_command->callback([given, &session] { show(*given, session); });
  auto* verify_command = command->add_subcommand("verify", "Check that no entry was changed, left out or cut off");
  verify_command->add_option("--file", given->files, "A copied segment, or the directory of them; no agent is asked")
      ->type_name("FILE");
  verify_command->add_option("--head", given->head, "An entry that must be there: NUMBER:HASH, noted elsewhere");
  verify_command->callback([given, &session] { verify(*given, session); });
  command->require_subcommand(1);
  command->footer(
      "Exit status of verify: 1 where the log is not what was written.\nExample:\n"
      "  edgesealctl audit list --since 1d --caller operator\n  edgesealctl audit verify");
}

}  // namespace edgeseal::ctl
