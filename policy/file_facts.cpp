#include "policy/file_facts.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "policy/accounts.h"
#include "policy/utf8.h"

namespace edgeseal::policy {

std::string octal(mode_t mode) {
  std::string digits;
  for (int shift = 9; shift >= 0; shift -= 3) digits += static_cast<char>('0' + ((mode >> shift) & 7));
  return digits;
}

const char* kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG: return "regular file";
    case S_IFDIR: return "directory";
    case S_IFLNK: return "symbolic link";
    case S_IFIFO: return "FIFO";
    case S_IFSOCK: return "socket";
    default: return "device";
  }
}

std::string symbolic(mode_t mode) {
  constexpr std::array<std::pair<mode_t, char>, 7> kinds{{{S_IFREG, '-'},
                                                          {S_IFDIR, 'd'},
                                                          {S_IFLNK, 'l'},
                                                          {S_IFIFO, 'p'},
                                                          {S_IFSOCK, 's'},
                                                          {S_IFCHR, 'c'},
                                                          {S_IFBLK, 'b'}}};
  std::string text = "?rwxrwxrwx";
  for (const auto& [kind, letter] : kinds)
    if ((mode & S_IFMT) == kind) text[0] = letter;
  for (std::size_t bit = 0; bit < 9; ++bit)
    if ((mode >> (8 - bit) & 1) == 0) text[bit + 1] = '-';
  const auto special = [&](mode_t bit, std::size_t place, char letter) {
    if ((mode & bit) != 0) text[place] = text[place] == 'x' ? letter : static_cast<char>(letter - 'a' + 'A');
  };
  special(S_ISUID, 3, 's');
  special(S_ISGID, 6, 's');
  special(S_ISVTX, 9, 't');
  return text;
}

namespace {

// C0, DEL and C1.
bool is_control(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  return byte(0) < 0x20 || byte(0) == 0x7f || (byte(0) == 0xc2 && byte(1) < 0xa0);
}

// The size of the character at the front; 0: there is none that a terminal merely shows.
std::size_t shown_character(std::string_view text) {
  const std::size_t size = utf8_character(text);
  return size == 0 || is_control(text.substr(0, size)) ? 0 : size;
}

}  // namespace

std::string printable(const std::string& name) {
  constexpr const char* digits = "0123456789abcdef";
  std::string text;
  for (std::string_view rest = name; !rest.empty();) {
    const std::size_t size = shown_character(rest);
    const auto byte = static_cast<unsigned char>(rest.front());
    if (size == 0) {
      text += std::string("\\x") + digits[byte >> 4] + digits[byte & 15];
    } else {
      text += rest.substr(0, size);
    }
    rest.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return text;
}

// What printable() changes can only be written in the quotes of bash(1) and its kin, which read \xNN.
std::string shell_word(const std::string& path) {
  constexpr const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+,:@%";
  if (path.find_first_not_of(plain) == std::string::npos) return path;
  const bool shown_as_is = printable(path) == path;
  std::string word = shown_as_is ? "'" : "$'", text = path;
  if (!shown_as_is) {
    text.clear();
    for (const char c : path) text += c == '\\' || c == '\'' ? std::string("\\") + c : std::string(1, c);
    return word + printable(text) + "'";
  }
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string joined(const std::string& directory, const std::string& name) {
  return directory.empty() || directory.ends_with('/') ? directory + name : directory + "/" + name;
}

std::optional<Finding> judge_owner(const struct stat& found, const std::string& path, uid_t owner) {
  if (found.st_uid == 0 || found.st_uid == owner) return std::nullopt;
  return Finding{Fault::owner, path, "belongs to " + describe_user(found.st_uid),
                 owner == 0 ? "root" : "root or " + describe_user(owner), "chown root " + shell_word(path)};
}

// Where the file has a POSIX ACL, the group bits of the mode are its mask: they bound every entry for a named user or
// group, so that the mode says it all, and chmod g-w mends it all (acl(5)).
std::optional<Finding> judge_writers(const struct stat& found, const std::string& path, Role role) {
  const bool group = (found.st_mode & S_IWGRP) != 0;
  const bool others = (found.st_mode & S_IWOTH) != 0;
  const bool sticky = (found.st_mode & S_ISVTX) != 0 && found.st_uid == 0;
  if ((!group && !others) || (role == Role::on_the_way && sticky)) return std::nullopt;
  return Finding{Fault::access, path,
                 "mode " + octal(found.st_mode) + " lets " + (others ? "others" : "its group") + " write",
                 "writable by its owner only",
                 std::string("chmod ") +
                     (group && others ? "go-w "
                      : group         ? "g-w "
                                      : "o-w ") +
                     shell_word(path)};
}

}  // namespace edgeseal::policy
