#include "tests/crash/files_view.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "audit/verification.h"

namespace edgeseal::crash {
namespace {

namespace fs = std::filesystem;

std::string group_of(const SlotName& slot) {
  return slot.application + "/" + slot.group;
}

View view_of_files(const Device& device, const SlotName& slot) {
  const PublishedGroup published(device.published() / group_of(slot));
  View view;
  add_chain(view, group_of(slot), slot.type, published.chain());
  add_trust_list(view, group_of(slot), published.trust_list());
  return view;
}

// What of it stands in the files: see view_of_files().
View part_in_files(View view, const SlotName& slot) {
  const std::string chain = fmt::format("{} {} certificate ", group_of(slot), slot.type);
  View lists;
  add_trust_list(lists, group_of(slot), {});
  std::erase_if(view,
                [&](const auto& entry) { return !entry.first.starts_with(chain) && !lists.contains(entry.first); });
  return view;
}

}  // namespace

void require_whole(const Device& device, const SlotName& slot, const View& before, const View& after) {
  (void)side_of(view_of_files(device, slot), part_in_files(before, slot), part_in_files(after, slot));
}

void require_nowhere(const Device& device, const std::string& secret) {
  for (const auto& entry : fs::recursive_directory_iterator(device.state())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    if (content.find(secret) != std::string::npos) throw Mixed(entry.path().native() + " has the secret");
  }
}

void require_whole_audit_log(const Device& device) {
  audit::DiskLogDirectory files(device.state() / "audit");
  const audit::Verdict verdict = audit::verify(files, audit::Verification(audit::Beginning::accounted_for));
  if (verdict.entries == 0) throw Mixed("there is no entry in the audit log");
  if (verdict.broken)
    throw Mixed(fmt::format("the audit log is broken at entry {} ({}): {}", verdict.broken->sequence,
                            verdict.broken->file, verdict.broken->problem));
}

}  // namespace edgeseal::crash
