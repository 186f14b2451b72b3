"""Workbooks as programs before 2007 saved them: packed, since they are mostly gaps, and no library here writes any."""

from __future__ import annotations

import base64
import zlib


def _unpacked(told: str) -> bytes:
    return zlib.decompress(base64.b85decode(told))


SHEET = _unpacked(
    r"c-rk)T}V_>5T0}QuDdJ#teYkp$s%QCnyCdL*qTuGP>c3MKT4(T;)c8HvZ!D|X}T1MWJF=ni(n5KsJ&EDM7{M881+yDf+j`Kg9Ii$"
    r"sJEH9ch{c^Tqwc1-{s6XXJ*dKoWFa{y|0FoMtkn3kHI4B1Ov<}7KoY06PPUFiWN|<C{zsRW=x8X6$OhKCo;wekK<pOXbx$<$3TKX"
    r"`8iU6516VT0M2^9+rEq_<ru03#ZZh?z-{CtKpID7V|tqDDy9Rh`Gjc+b2^z8qwc6U4#N&-_6}_oAC)p$mH=e;A-8$YoP0=u7qp5m"
    r"bO}}02)lx3s=X^rkRiuGFW`ihx&7`S)l=XOZP{i-uFse2a@jqeBA;&*l5xs=;hSOym<;djXLg;xynF%3|GtoK`VHTVQ@NObO_Bjx"
    r"Ksm)*B?NJBSSE=i+_h8AY4AWS)+nLe<mv9lEL1U6DT6rIG}tlap1h8nfP45VX4@M_I*cIl{No2FIwzX9c`YD5->52I=S-}ca&Pm#"
    r"yVB!@F4Qm|YC6&0MCJsDf<`3Aoa94&saO}hRN{HF#UXV;BA1hR%UQ8M(|5nV-d|JhILVwAK1kH#W<B)_6lkRu*f@bD#t6;k7Mqz~"
    r"WUFhqoX#{EbuiB=Ptgi{+E}NZrCI2wknzT`VP1J7mP21E9%Y2a9h<P+Up96&x&N)B2Qu;ab76aW+8{^dh+8)aLymARv{%yz)3l#n"
    r"Q)bDk#ja>)Y9h?=ya0{|L9Nl~h)7M+#!9Ujux5zVWUR@WW$_Ekf-M_0eZiJ#J`6aP0<GHMUSD6|zSd7A=OvPp^@508=BV}#T)J#4"
    r"B@YsNobwO^h0IeUqT^o`t%cM?@H8|8it_UEw{D>)KUES#fux#JsaB9HiCtAnYUl>;=EBeoY}llQZs5?(T36*o`cF|JYlBGIGHcUq"
    r"<s+!wlGS^SWP=A3F`g20hy@)wbm-8bLx+z41%mHUz;`WKyHwNl(4_s>nZY!x|0eloaRBP^X~56P-QdSO2+dKgpVeR#VOwH}ZNmQx"
    r"2}jU-5bB_Y<EV>z{o?1AnBSizH?;n_EflT)*=XYY%l>}=<8}z@"
)
"""标题、内容、登记时间、数量、电话 over four rows: a day, numbers, a formula that says nothing, two cells merged."""

VAST = _unpacked(
    r"c-rk)J!lj`6#iy&m-`{P?8S?a2;m4AHKq|8n`BkcREB7yh@cm9pd?)6uuvPL@k&9kQfvZgY+`KuK@06HgoqY`AlzwbB`8=Vx4!q?"
    r"F5a0GInbbCzGc37`)1z!@ZP*-_RUhdJom7tg5NNV7F7KNTI+O1N+Nu5A??1eVpzwe_!j>a5^-^4YZTAgU&qvk>hB61EJj`m1D~Xv"
    r"!Uc>@7xLK+#6hkhXLJoi!Up$5lR`IF)k!`}-a>xBp3lkqskuoWlD=hg5=-9bz`h`gPdI&SOF_qdOq&nX>_Hb^X%t_*Womt+I8Z#F"
    r"oBB5!dLwO^hxlzIU&t48Q)Ohtf%Ew8XMu0wNqv#E`i<2ai2g^TKDLJbwi5wn;GbcDmn69^w$vP)Tb2Z?5$V+O?l~!!lA3>cUfqWC"
    r"+Riv`6P`c^<uvVF$;iw1zrH;(KIWaKW`;SsmdUs4<nVD#EyOrgm*tfPXtA4oouh7}+(XVt3`*TU))fecXW8clTl;06y~I0jN1eP="
    r"<kFX;PkKwAy<H+Nj8v{<7T$Yv=#$M)h`m0u7&L?C?j6NbFRV>)>OYdZS7m^>;|A;ZgN<}x1xbo&vi9JY$~5-S&sUoJ9(FqMNC%S~"
    r"@(W2=SXfwCSXfwCSZofM;Etj94!sXVgF8hm_^-1frD}hZY+4+{v^*E(VtNP#sf)PWRQzm3)P!T1b=rjg3l+y@_97-R&UH*S9lvrX"
    r"H1+#gx1syzj!?7nSDRVqU!MOb?cKey"
)
"""Two cells, one of them the last of 65,536 rows and 256 columns."""
