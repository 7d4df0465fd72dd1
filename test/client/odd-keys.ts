// RSA keys whose moduli have 3079 and 3081 bits, which no platform makes, and which the product of two keys may have: such moduli
// leave bits over in the first byte of an encoding, or a whole byte (RFC 8017 §8.1.2). With signatures by Node over the document of
// sessions.ts: RSASSA-PSS, SHA-512, salt of 64 bytes.

export interface OddKey {
  readonly bits: number;
  /** Base64url. */
  readonly modulus: string;
  /** Base64. */
  readonly signature: string;
}

export const ODD_KEYS: readonly OddKey[] = [
  {
    bits: 3079,
    modulus:
      "WjEokBVmK0PYPkQND1B4-_CCXxHwkYolmi9vlJ1vb0jskek0Q8UeBR2MRts90lcTWrREFBgQqeKBek-_bEWWb7Fts6FwWi7foy1FKGxohbivFg" +
      "UqFik-VTVgERHTY93Z7Ph5_dKZdyX9Wz9pUccPnnOCuD5aqPAGqc9qCCtr1KRnWS7sB4eMkb93QsggFLxA_mdFbtPa_Gp9_YRdV-FMeIZlY0Xt" +
      "pWdplu2JBI_CMgPg7B2Fc2YBHFoDznUj-AzWDv83ssm5PaprybWiPE1mktgVFIL_5_-ItPCk1Fz6ULM8ZShpi5VQNPFze-nATDXL__7RzTaHO8" +
      "IZE8yVK8SELxq2IBK1a362ztv8C-TBHBVwn5WpYNar8e5Wzzm3MgJpExO009pNKOJccMirrU-LZL0FXIFSUWm04vG6aw8dprKaJ8JP9fPP65mg" +
      "nr842_fWC1pHysIkVoGXVIdg373aqPt_b2CVvRpTjhl1khzQRlhEfTeRgBl0dAo8kidx2f2VyQ",
    signature:
      "KCYpI1ZUrU1nXLRFTiDIoZmNzPl1ad/lyMplI3gwcgtLxViYvFPAm/qnYUiWUTikWCVTalULlTVcjMu1eC3S79P8UCJZ3GI94SCEQLgoXbZpkm" +
      "hcv27z1IU8B/jOq9PJP9EaPTCATuhksYOKkH2wArfhpDQI28Wb+UyydjhEfgdmAO6MPGnJF+0Me+8L348l61Z1iLNACe2OXMGWcA3rBM33rbbI" +
      "Xsu3vW2Mx3B6hNTxfgG57SLn84bkoDKPG/XCQuvV9LmsSy+Eir+EiRmy7NQn93n/AcO+O2SRjXfD+D1p+piwdzTJlQWswM4lNUjWo/XhibUVDz" +
      "9VuXcfZ/EFTby7cJ6+YB4+KgluQPshvwDo1qBUkrr/t2bgfox/QLcKRSdQy8EMds4SYQvS/DXPh0VUWMpvGm5rotqDn1Hq1Q9guqEYwZGrDlw0" +
      "Ze05FGHubdEKhzkN3QFTvRS3ZD0Oyj3yGtNsopd6Wv43i9sTsxxlqgl4989H5KC2SCVmbXBgNQ==",
  },
  {
    bits: 3081,
    modulus:
      "AVyTJRSd7Y0ihJ8lCVcINpt0czgo41v--BxKZGeNQ3Lb0JglWykZzxCFuGAxApTU6O84mvjvwIAf8iBZKOwLbilq-jPdlYnoRW3O9r4POQYj3z" +
      "4wJ2NpWaPefywkzlTFWMfxiV7-la1mDluxfj6mywepZKkUmocOFrPotiBiHVhnHUke6ehfYGWa-4KEgb--_WPm8_J28k-LICxdt9lmjeXarJzs" +
      "P7419wT812rYWOk_vqjDQCUV6fQ_U6EnD3W9lYSC9NwgZv6OGimVyumZ2yjVws4wRvg29CSkV8o_zM50EzkYCrOJslVQPJYG31aPki1UlewINv" +
      "9jHValZOGtLmSox6SxCBOMM7_OgAybfo6rhwjtWHoNODbDgVdPW-BBfCN_i7bQrpejBeJUZaTTMI-n4CHg0JyjmTwLpCqMhQLbc-C4H1gXfFoi" +
      "OW53miKuoKOK6eCZVjHUIrUw1IQpXl4u5twyz7Jfsi7Zg0CIgp5g_jC0jgKFg4FT2jUJJtXUx_M",
    signature:
      "ABq6pMmymcGDbFFj/M7NTgkhxjZrPoMaf8AiLq8pEqAxFpPlOawxz/o2HW0LjMTMXeZEofkU59zDhmKEhA53u9IdlpsvgzRV5HypWjKwHh34NX" +
      "ic1XKMCl6FvLRsZ5JK1+iwc1gDjC9GkUq++CysfMCBhrDNWuw8z4MPO+dO+1Tuv1cFIo4ORjMCMVlBiIZzvyj+ECbiEpqNIyJdcp1FQD0gT8XK" +
      "CeVQumXDrn3/smt5nCTMudFW3M3fNxfwUvxO5tVtYtWyCBbXAlqsUT1sl77d8LldkjlcVe3tLBCuaLkDu5IL1jEhugk4kF/xuE4d8kj6j+lAnI" +
      "EGbGdwoXcH0OLjl8SIty8xCncYYTGEtgzsaTuVbOTqtawDvAJOjDayl4vugOiq6NWUIrx+jMz9wuXEPtY0WXdnnjLq0xEYsWZknOz1AShpnnyv" +
      "VylUaUhQWHUzDkOxSZsxM/bA3b7oQQHc7HQ2QbxF8GCGlh7oUgHqSbTDjK/vrSRBJleIjBm/4/A=",
  },
];
