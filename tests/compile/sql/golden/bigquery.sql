WITH `params` AS (
  SELECT
    CAST('2026-11-09' AS DATE) AS `today_minus_14_days`,
    CAST('2026-11-23' AS DATE) AS `today`,
    CAST('2026-12-23' AS DATE) AS `today_plus_30_days`
), `changes_by_deal` AS (
  SELECT
    `t`.`deal` AS `deal`,
    COUNT(
      CASE
        WHEN COALESCE(`t`.`field` = 'close_date', FALSE) AND `t`.`at` IS NULL
        THEN 1
      END
    ) AS `_a2`
  FROM `changes` AS `t`
  GROUP BY
    `t`.`deal`
), `activities_by_deal` AS (
  SELECT
    `t`.`deal` AS `deal`,
    COUNT(
      CASE
        WHEN `t`.`at__day` >= `params`.`today_minus_14_days`
        AND `t`.`at__day` <= `params`.`today`
        THEN 1
      END
    ) AS `_a1`
  FROM `activities` AS `t`
  CROSS JOIN `params`
  GROUP BY
    `t`.`deal`
), `contacts_by_deal` AS (
  SELECT
    `t`.`deal` AS `deal`,
    COUNT(CASE WHEN `t`.`role` = 'champion' THEN 1 END) AS `_a0`
  FROM `contacts` AS `t`
  GROUP BY
    `t`.`deal`
), `deals_1` AS (
  SELECT
    `d`.`id` AS `id`,
    `d`.`activities__synced` AS `activities__synced`,
    `d`.`amount` AS `amount`,
    `d`.`changes__synced` AS `changes__synced`,
    `d`.`close_date` AS `close_date`,
    `d`.`contacts__synced` AS `contacts__synced`,
    `d`.`discount` AS `discount`,
    `d`.`name` AS `name`,
    `d`.`name__folded` AS `name__folded`,
    `d`.`stage` AS `stage`,
    `d`.`status` AS `status`,
    COALESCE(`g2`.`_a0`, 0) AS `_a0`,
    COALESCE(`g1`.`_a1`, 0) AS `_a1`,
    COALESCE(`g0`.`_a2`, 0) AS `_a2`,
    COALESCE(`d`.`status` = 'open', FALSE)
    AND NOT COALESCE(`d`.`stage` IN ('first', 'second', 'third'), FALSE) AS `_x1`
  FROM `deals` AS `d`
  LEFT JOIN `changes_by_deal` AS `g0`
    ON `g0`.`deal` = `d`.`id`
  LEFT JOIN `activities_by_deal` AS `g1`
    ON `g1`.`deal` = `d`.`id`
  LEFT JOIN `contacts_by_deal` AS `g2`
    ON `g2`.`deal` = `d`.`id`
), `deals_2` AS (
  SELECT
    `d`.`id` AS `id`,
    `d`.`activities__synced` AS `activities__synced`,
    `d`.`amount` AS `amount`,
    `d`.`changes__synced` AS `changes__synced`,
    `d`.`close_date` AS `close_date`,
    `d`.`contacts__synced` AS `contacts__synced`,
    `d`.`discount` AS `discount`,
    `d`.`name` AS `name`,
    `d`.`name__folded` AS `name__folded`,
    `d`.`stage` AS `stage`,
    `d`.`status` AS `status`,
    `d`.`_a0` AS `_a0`,
    `d`.`_a1` AS `_a1`,
    `d`.`_a2` AS `_a2`,
    `d`.`_x1` AS `_x1`,
    CASE WHEN `d`.`_x1` THEN 'unmapped' ELSE COALESCE(`d`.`status`, 'unmapped') END AS `_group`
  FROM `deals_1` AS `d`
), `deals_3` AS (
  SELECT
    `d`.`id` AS `id`,
    `d`.`stage` AS `stage`,
    CASE (
        `d`.`amount` >= 50000
      )
      WHEN TRUE
      THEN 'met'
      WHEN FALSE
      THEN 'unmet'
      ELSE 'unknown'
    END AS `first__rule_0_`,
    CASE (
        `d`.`close_date` >= `params`.`today`
        AND `d`.`close_date` <= `params`.`today_plus_30_days`
        AND STRPOS(`d`.`name__folded`, 'acme') > 0
      )
      WHEN TRUE
      THEN 'met'
      WHEN FALSE
      THEN 'unmet'
      ELSE 'unknown'
    END AS `first__rule_1_`,
    CASE CASE WHEN `d`.`contacts__synced` THEN `d`.`_a0` > 0 END
      WHEN TRUE
      THEN 'met'
      WHEN FALSE
      THEN 'unmet'
      ELSE 'unknown'
    END AS `first__rule_2_`,
    CASE CASE WHEN `d`.`activities__synced` THEN `d`.`_a1` >= 2 END
      WHEN TRUE
      THEN 'met'
      WHEN FALSE
      THEN 'unmet'
      ELSE 'unknown'
    END AS `first__rule_3_`,
    CASE CASE WHEN `d`.`changes__synced` THEN CASE WHEN `d`.`_a2` = 0 THEN FALSE END END
      WHEN TRUE
      THEN 'met'
      WHEN FALSE
      THEN 'unmet'
      ELSE 'unknown'
    END AS `first__rule_4_`,
    CASE REGEXP_CONTAINS(`d`.`name`, '(?s)^[Pp][Oo]-[0-9]+$')
      WHEN TRUE
      THEN 'met'
      WHEN FALSE
      THEN 'unmet'
      ELSE 'unknown'
    END AS `first__rule_5_`,
    CASE (
        `d`.`discount` <= 150000000
      )
      WHEN TRUE
      THEN 'met'
      WHEN FALSE
      THEN 'unmet'
      ELSE 'unknown'
    END AS `first__rule_6_`,
    `d`.`_group` AS `group_`,
    NOT `d`.`_x1`
    AND (
      COALESCE(`d`.`status` = 'open', FALSE)
      OR (
        COALESCE(`d`.`status` = 'won', FALSE)
        AND COALESCE(CASE WHEN `d`.`stage` IS NULL THEN NULL ELSE FALSE END, FALSE)
      )
    ) AS `counted_`
  FROM `deals_2` AS `d`
  CROSS JOIN `params`
), `deals_4` AS (
  SELECT
    `d`.`id` AS `id`,
    `d`.`counted_` AS `counted_`,
    `d`.`first__rule_0_` AS `first__rule_0_`,
    `d`.`first__rule_1_` AS `first__rule_1_`,
    `d`.`first__rule_2_` AS `first__rule_2_`,
    `d`.`first__rule_3_` AS `first__rule_3_`,
    `d`.`first__rule_4_` AS `first__rule_4_`,
    `d`.`first__rule_5_` AS `first__rule_5_`,
    `d`.`first__rule_6_` AS `first__rule_6_`,
    `d`.`group_` AS `group_`,
    CASE
      WHEN `d`.`counted_`
      THEN CASE `d`.`stage`
        WHEN 'first'
        THEN CASE
          WHEN 'unmet' IN (
            `d`.`first__rule_0_`,
            `d`.`first__rule_1_`,
            `d`.`first__rule_2_`,
            `d`.`first__rule_3_`,
            `d`.`first__rule_4_`,
            `d`.`first__rule_5_`,
            `d`.`first__rule_6_`
          )
          THEN 'blocked'
          WHEN 'unknown' IN (
            `d`.`first__rule_0_`,
            `d`.`first__rule_1_`,
            `d`.`first__rule_2_`,
            `d`.`first__rule_3_`,
            `d`.`first__rule_4_`,
            `d`.`first__rule_5_`,
            `d`.`first__rule_6_`
          )
          THEN 'unknown'
          ELSE 'ready'
        END
        WHEN 'second'
        THEN 'ready'
        WHEN 'third'
        THEN 'ready'
      END
    END AS `state_`,
    CASE
      WHEN `d`.`counted_`
      THEN CASE `d`.`stage`
        WHEN 'first'
        THEN CASE WHEN `d`.`first__rule_0_` IN ('met', 'waived') THEN 2 ELSE 0 END + CASE WHEN `d`.`first__rule_1_` IN ('met', 'waived') THEN 3 ELSE 0 END + CASE WHEN `d`.`first__rule_2_` IN ('met', 'waived') THEN 4 ELSE 0 END + CASE WHEN `d`.`first__rule_3_` IN ('met', 'waived') THEN 2 ELSE 0 END + CASE WHEN `d`.`first__rule_4_` IN ('met', 'waived') THEN 3 ELSE 0 END + CASE WHEN `d`.`first__rule_5_` IN ('met', 'waived') THEN 4 ELSE 0 END + CASE WHEN `d`.`first__rule_6_` IN ('met', 'waived') THEN 2 ELSE 0 END
        WHEN 'second'
        THEN 0
        WHEN 'third'
        THEN 0
      END
    END AS `done_`,
    CASE
      WHEN `d`.`counted_`
      THEN CASE `d`.`stage`
        WHEN 'first'
        THEN CASE
          WHEN `d`.`first__rule_0_` IN ('met', 'waived', 'unmet', 'unknown')
          THEN 2
          ELSE 0
        END + CASE
          WHEN `d`.`first__rule_1_` IN ('met', 'waived', 'unmet', 'unknown')
          THEN 3
          ELSE 0
        END + CASE
          WHEN `d`.`first__rule_2_` IN ('met', 'waived', 'unmet', 'unknown')
          THEN 4
          ELSE 0
        END + CASE
          WHEN `d`.`first__rule_3_` IN ('met', 'waived', 'unmet', 'unknown')
          THEN 2
          ELSE 0
        END + CASE
          WHEN `d`.`first__rule_4_` IN ('met', 'waived', 'unmet', 'unknown')
          THEN 3
          ELSE 0
        END + CASE
          WHEN `d`.`first__rule_5_` IN ('met', 'waived', 'unmet', 'unknown')
          THEN 4
          ELSE 0
        END + CASE
          WHEN `d`.`first__rule_6_` IN ('met', 'waived', 'unmet', 'unknown')
          THEN 2
          ELSE 0
        END
        WHEN 'second'
        THEN 0
        WHEN 'third'
        THEN 0
      END
    END AS `total_`
  FROM `deals_3` AS `d`
)
SELECT
  `d`.`id` AS `id`,
  `d`.`first__rule_0_` AS `first__rule_0`,
  `d`.`first__rule_1_` AS `first__rule_1`,
  `d`.`first__rule_2_` AS `first__rule_2`,
  `d`.`first__rule_3_` AS `first__rule_3`,
  `d`.`first__rule_4_` AS `first__rule_4`,
  `d`.`first__rule_5_` AS `first__rule_5`,
  `d`.`first__rule_6_` AS `first__rule_6`,
  `d`.`state_` AS `state`,
  `d`.`group_` AS `group`,
  `d`.`done_` AS `readiness_done`,
  `d`.`total_` AS `readiness_total`,
  CASE WHEN `d`.`total_` > 0 THEN CAST(`d`.`done_` AS FLOAT64) / `d`.`total_` END AS `readiness`
FROM `deals_4` AS `d`
