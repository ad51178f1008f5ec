#include "dbus/ctl/attachment_record.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

namespace edgeseal::ctl {
namespace {

using nlohmann::json;

constexpr std::string_view kRecord = "[X-Edgeseal]";  // systemd leaves sections of such names to others

// Named as the options are.
struct After {
  AfterRenewal value;
  std::string_view name;
};
constexpr std::array kAfter = {After{AfterRenewal::Reload, "reload"}, After{AfterRenewal::Restart, "restart"},
                               After{AfterRenewal::Signal, "signal"}, After{AfterRenewal::Nothing, "no-reload"}};

std::string name_of(AfterRenewal value) {
  return std::string(std::ranges::find(kAfter, value, &After::value)->name);
}

std::map<std::string, std::string> recorded_values(const std::string& content) {
  std::map<std::string, std::string> values;
  std::istringstream lines(content);
  bool in_record = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('[')) in_record = line == kRecord;
    const auto equals = line.find('=');
    if (in_record && equals != std::string::npos) values[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return values;
}

// In one line of ASCII, whatever the arguments are: systemd reads no other.
std::string text_of(const std::vector<std::string>& hook) {
  return json(hook).dump(-1, ' ', true, json::error_handler_t::replace);
}

std::vector<std::string> hook_of(const std::string& text) {
  std::vector<std::string> hook;
  for (const auto& word : json::parse(text, nullptr, false))
    if (word.is_string()) hook.push_back(word);
  return hook;
}

// Of a drop-in, as every version wrote it; the units of attach are kept from other families themselves.
bool lets_use_unix_sockets(const std::string& content) {
  return content.find("\nEnvironment=OPENSSL_CONF=") != std::string::npos &&
         content.find("\nRestrictAddressFamilies=AF_UNIX\n") != std::string::npos;
}

std::string shell_word(const std::string& text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string(R"('\'')") : std::string(1, c);
  return word + "'";
}

}  // namespace

std::string record_of(const Attachment& attachment) {
  std::string text = "\n" + std::string(kRecord) + "\n";
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) text += std::string(name) + "=" + value + "\n";
  };
  add("Service", attachment.service);
  add("Application", attachment.application);
  add("Group", attachment.group);
  add("GivenRule", attachment.given_rule);
  add("After", name_of(attachment.after_renewal));
  add("Signal", attachment.signal);
  if (!attachment.hook.empty()) add("Exec", text_of(attachment.hook));
  add("Account", attachment.account);
  add("Chroot", attachment.chroot);
  if (attachment.copies) add("Copies", attachment.copies->directory);
  return text;
}

std::optional<Attachment> recorded_attachment(const std::string& content) {
  if (!is_ours(content)) return std::nullopt;
  auto values = recorded_values(content);
  Attachment attachment;
  attachment.service = values["Service"];
  attachment.application = values["Application"];
  attachment.group = values["Group"];
  attachment.given_rule = values["GivenRule"];
  const auto after = std::ranges::find(kAfter, std::string_view(values["After"]), &After::name);
  attachment.is_known_whole = after != kAfter.end();
  if (attachment.is_known_whole) attachment.after_renewal = after->value;
  attachment.signal = values["Signal"];
  attachment.hook = hook_of(values["Exec"]);
  attachment.account = values["Account"];
  attachment.chroot = values["Chroot"];
  if (values.contains("Copies")) attachment.copies = Copies{values["Copies"], ""};
  attachment.needs_unix_sockets = lets_use_unix_sockets(content);
  if (attachment.service.empty() || attachment.application.empty() || attachment.group.empty()) return std::nullopt;
  return attachment;
}

std::string attach_command(const Attachment& attachment) {
  std::string command = "edgesealctl attach " + shell_word(attachment.service) + " " + attachment.certificate_group();
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) command += std::string(" ") + option + " " + shell_word(value);
  };
  if (attachment.after_renewal == AfterRenewal::Signal)
    add("--signal", attachment.signal);
  else if (attachment.after_renewal != AfterRenewal::Reload)
    command += " --" + name_of(attachment.after_renewal);
  add("--account", attachment.account);
  add("--chroot", attachment.chroot);
  if (attachment.copies) add("--copy-to", attachment.copies->directory);
  if (attachment.hook.empty()) return command;
  add("--exec", attachment.hook.front());
  if (attachment.hook.size() > 1) command += " --";
  for (std::size_t i = 1; i < attachment.hook.size(); ++i) command += " " + shell_word(attachment.hook[i]);
  return command;
}

}  // namespace edgeseal::ctl
