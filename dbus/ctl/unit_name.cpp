#include "dbus/ctl/unit_name.h"

#include <filesystem>

#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {
namespace {

constexpr std::string_view kSuffix = ".service";
constexpr size_t kMostBytes = 255;  // UNIT_NAME_MAX of systemd
constexpr std::string_view kAlphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::string_view kOtherTypes[] = {".socket", ".device", ".mount", ".automount", ".swap",
                                            ".target", ".path",   ".timer", ".slice",     ".scope"};

bool consists_of(std::string_view text, std::string_view others) {
  return text.find_first_not_of(std::string(kAlphanumeric).append(others)) == std::string_view::npos;
}

bool has_other_type(std::string_view name) {
  for (const auto type : kOtherTypes) {
    if (name.ends_with(type)) return true;
  }
  return false;
}

[[noreturn]] void refuse(const std::string& name, const std::string& problem, const std::string& remedy) {
  throw Failure(ExitCode::Usage, "\"" + name + "\" " + problem, remedy);
}

}  // namespace

std::string service_name(const std::string& text) {
  if (has_other_type(text)) refuse(text, "is no service", "give the service whose processes use the key");
  const std::string name = text.ends_with(kSuffix) ? text : text + std::string(kSuffix);
  const auto stem = stem_of(name);
  if (stem.empty() || stem.front() == '.' || stem.front() == '@' || name.size() > kMostBytes ||
      !consists_of(name, ":-_.\\@")) {
    refuse(text, "is no name of a unit", "see: systemctl list-units --type=service");
  }
  if (stem.back() == '@') refuse(text, "is a template", "give an instance, like postgresql@15-main.service");
  return name;
}

std::string_view stem_of(std::string_view service) {
  if (service.ends_with(kSuffix)) service.remove_suffix(kSuffix.size());
  return service;
}

std::string quoted_word(std::string_view text) {
  std::string word = "\"";
  for (const char c : text) {
    if (c == '\\' || c == '"') word += '\\';
    if (c == '%' || c == '$') word += c;
    word += c;
  }
  return word + '"';
}

std::string plain_path(const std::string& text, std::string_view option) {
  std::string path = text;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const bool normal = std::filesystem::path(path).lexically_normal().string() == path;
  if (path.starts_with('/') && normal && consists_of(path, "/._-+@")) return path;
  throw Failure(ExitCode::Usage, std::string(option) + " is no plain absolute path: " + text,
                "use letters, digits and / . _ - + @");
}

}  // namespace edgeseal::ctl
