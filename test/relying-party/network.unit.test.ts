import { describe, expect, test } from "vitest";
import { isAllowedSource, isNetwork, isOwnAddress } from "../../src/relying-party/network.ts";

const LOOPBACK = ["127.0.0.0/8", "::1/128"];

describe("a source address", () => {
  test.each([
    ["127.0.0.1", LOOPBACK],
    ["127.255.255.254", LOOPBACK],
    ["::1", LOOPBACK],
    ["0:0:0:0:0:0:0:1", LOOPBACK],
    ["::ffff:127.0.0.1", LOOPBACK],
    ["::ffff:7f00:1", LOOPBACK],
    ["192.0.2.130", ["192.0.2.128/25"]],
    ["192.0.2.1", ["198.51.100.0/24", "192.0.2.1/32"]],
    ["192.0.2.1", ["::ffff:192.0.2.0/120"]],
    ["203.0.113.9", ["0.0.0.0/0"]],
    ["2001:db8:1:ffff::1", ["2001:db8:1::/48"]],
    ["2001:DB8::7", ["2001:db8::/125"]],
    ["2001:db8::192.0.2.1", ["2001:db8::c000:201/128"]],
  ])("%s is in %j", (source, networks) => {
    expect(isAllowedSource(source, networks)).toBe(true);
  });

  test.each([
    ["128.0.0.1", LOOPBACK],
    ["::2", LOOPBACK],
    ["::ffff:128.0.0.1", LOOPBACK],
    ["192.0.2.127", ["192.0.2.128/25"]],
    ["2001:db8:2::1", ["2001:db8:1::/48"]],
    ["2001:db8::8", ["2001:db8::/125"]],
    // The families stay apart.
    ["127.0.0.1", ["::/0"]],
    ["::1", ["0.0.0.0/0"]],
    ["127.0.0.1", []],
    ["", LOOPBACK],
    ["localhost", LOOPBACK],
    ["127.0.0.1, 192.0.2.1", LOOPBACK],
    ["127.0.0.1:80", LOOPBACK],
    ["127.1", LOOPBACK],
    ["0127.0.0.1", LOOPBACK],
    ["127.0.0.256", LOOPBACK],
    ["::1%eth0", LOOPBACK],
    ["1::2::3", ["::/0"]],
    ["1:2:3:4:5:6:7", ["::/0"]],
    ["1:2:3:4:5:6:7:8:9", ["::/0"]],
    ["1:2:3:4:5:6:7::8", ["1:2:3:4:5:6:7:8/128"]],
    ["127.0.0.1", ["127.0.0.1", "127.0.0.0/33", "127.0.0.0/", "nonsense"]],
  ])("%s is not in %j", (source, networks) => {
    expect(isAllowedSource(source, networks)).toBe(false);
  });

  test.each(["2a06:98c0:3600::103", "2A06:98C0:3600:0:0:0:0:0103"])(
    "%s stands for the Workers of anybody and is never allowed",
    (source) => {
      expect(isAllowedSource(source, ["::/0", "2a06:98c0:3600::103/128"])).toBe(false);
      expect(isOwnAddress(source)).toBe(false);
      expect(isAllowedSource("2a06:98c0:3600::104", ["::/0"])).toBe(true);
    },
  );
});

test.each([
  ["10.0.0.0/8", true],
  ["::/0", true],
  ["::ffff:10.0.0.0/104", true],
  ["::ffff:10.0.0.0/95", false],
  ["10.0.0.0/33", false],
  ["10.0.0.0", false],
  ["::/129", false],
])("%s is a network: %s", (text, expected) => {
  expect(isNetwork(text)).toBe(expected);
});
